"""Who could help: the nearest open offers, the hard rules, then an order with reasons in words.

Hard rules first (themselves, closeness, pause, age, VOG, capacity), then a score of distance,
fairness, load and how near the asker wants someone. Only the nearest offers are weighed, and more
when too few of them fit: that keeps ranking fast with 100,000 open offers, and a helper at the
other end of town is not proposed before a good one round the corner anyway. `fitness.py` decides
when one is chosen.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from contracts.policy import AgeBand, Policy
from contracts.proposals import ExclusionReason, Helper, RankedHelpers, Reason
from services.exchange.age import age_is_needed
from services.kernel.geography import distance_km

WEIGHED = 200
"""How many of the nearest open offers are weighed at first."""

NEAR_KM = 1.5
NEARLY_FULL = 0.85
LITTLE_MINUTES = 120
MUCH_MINUTES = 600

_EXACT = Reason(code="exact", nl="Biedt precies dit aan", en="Offers exactly this")
_NEAR = Reason(code="near", nl="Woont dichtbij", en="Lives nearby")
_TURN = Reason(
    code="turn",
    nl="Hielp kort geleden weinig: is aan de beurt",
    en="Has helped little lately: it is their turn",
)
_ROOM = Reason(code="room", nl="Heeft ruim tijd", en="Has plenty of time")
_VETTED = Reason(code="vog", nl="Heeft een geldige VOG", en="Has a valid certificate of conduct")
_MUCH = Reason(code="much", nl="Deed kort geleden al veel", en="Has done a lot lately", plus=False)
_FULL = Reason(code="nearly_full", nl="Zit daarna bijna vol", en="Nearly full after this", plus=False)
_FAR = Reason(code="far", nl="Woont verder weg", en="Lives further away", plus=False)
_AGE_UNKNOWN = Reason(
    code="age_unknown",
    nl="Leeftijd nog niet bekend: vraag die eerst na",
    en="Age not known yet: ask for it first",
    plus=False,
)
_WITHDREW = Reason(
    code="withdrew",
    nl="Zegde deze afspraak eerder af",
    en="Withdrew from this appointment before",
    plus=False,
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An open offer with its helper's week, in minutes: `load_minutes` with their own care.

    Of help that comes back it is the fullest of its first weeks; `times`: how often it is asked in that one.
    `running` counts what they do at once; `vetted`: has a valid VOG for this help on that day;
    `withdrew`: called off this very request before.
    """

    offer_id: UUID
    member_id: UUID
    number: int
    pc4: str
    capacity_minutes_week: int
    load_minutes: int
    helped_lately: float
    times: int = 1
    running: int = 0
    paused: bool = False
    kind: str = "person"
    age_band: str | None = None
    guardian_agrees: bool = False
    vetted: bool = False
    withdrew: bool = False

    def would_help(self, minutes: int) -> int:
        """In that week, with visits of so many minutes as are asked, in minutes."""
        return self.load_minutes + self.times * minutes


@dataclass(frozen=True, slots=True)
class Asked:
    """The request that helpers are ranked for."""

    asker_id: UUID
    category: str
    pc4: str
    minutes: int
    needs_vog: bool = False


class Near(Protocol):
    """What members said about closeness: who is out, who fits less or more (ids, without why)."""

    @property
    def out(self) -> Collection[UUID]: ...
    @property
    def less(self) -> Collection[UUID]: ...
    @property
    def more(self) -> Collection[UUID]: ...


def nearest_areas(pc4: str, offers_by_area: Mapping[str, int], *, wanted: int) -> list[str]:
    """Postcode areas from near to far, until they hold `wanted` offers."""
    chosen: list[str] = []
    total = 0
    for area in sorted(offers_by_area, key=lambda other: (distance_km(pc4, other), other)):
        chosen.append(area)
        total += offers_by_area[area]
        if total >= wanted:
            break
    return chosen


def rank(
    candidates: Iterable[Candidate], asked: Asked, near: Near, policy: Policy, *, limit: int
) -> RankedHelpers:
    """The best `limit` candidates for what is asked, with reasons; those left out are only counted."""
    counts: dict[ExclusionReason, int] = {}
    fitting: list[tuple[float, Candidate, float]] = []
    seen: set[UUID] = set()
    # Of two offers by one person the same one counts, in whatever order they came.
    for candidate in sorted(candidates, key=lambda one: one.offer_id.int):
        if candidate.member_id in seen:
            continue
        seen.add(candidate.member_id)
        why_not = _hard_rule(candidate, asked, near, policy)
        if why_not is not None:
            counts[why_not] = counts.get(why_not, 0) + 1
            continue
        km = distance_km(asked.pc4, candidate.pc4)
        fitting.append((_score(candidate, km, asked.minutes, near), candidate, km))
    # Who withdrew from it may have changed their mind, and comes after everyone else. The offer's id
    # settles ties, so that the same question gets the same order.
    fitting.sort(key=lambda one: (one[1].withdrew, -one[0], one[1].offer_id.int))
    counts.pop("themselves", None)
    return RankedHelpers(
        helpers=tuple(_helper(candidate, km, asked.minutes, policy) for _, candidate, km in fitting[:limit]),
        found=len(fitting),
        excluded=counts,
    )


def _hard_rule(candidate: Candidate, asked: Asked, near: Near, policy: Policy) -> ExclusionReason | None:
    if candidate.member_id == asked.asker_id:
        return "themselves"
    if candidate.member_id in near.out:
        return "distance"
    if candidate.paused or candidate.capacity_minutes_week == 0:
        return "paused"
    if not _old_enough(candidate, policy):
        return "age"
    if asked.needs_vog and not candidate.vetted:
        return "vog"
    if candidate.running >= policy.most_running:
        return "running"
    if candidate.would_help(asked.minutes) > candidate.capacity_minutes_week:
        return "capacity"
    return None


def _old_enough(candidate: Candidate, policy: Policy) -> bool:
    if candidate.age_band is None:
        return True
    band = AgeBand(candidate.age_band)
    return band.reaches(policy.from_band) and (candidate.guardian_agrees or not band.minor)


def _score(candidate: Candidate, km: float, minutes: int, near: Near) -> float:
    """Higher is better. One point is worth about a kilometre."""
    load = candidate.would_help(minutes) / candidate.capacity_minutes_week
    done_lately = min(candidate.helped_lately, MUCH_MINUTES) / MUCH_MINUTES
    # How near the asker wants someone moves the order and is no reason: it would tell who is near.
    wish = (3.0 if candidate.member_id in near.more else 0.0) - (
        3.0 if candidate.member_id in near.less else 0.0
    )
    return wish - min(km, 25.0) - 3.0 * load - 2.0 * done_lately


def _helper(candidate: Candidate, km: float, minutes: int, policy: Policy) -> Helper:
    after = candidate.would_help(minutes) / candidate.capacity_minutes_week
    reasons = [_EXACT]
    if km <= NEAR_KM:
        reasons.append(_NEAR)
    elif km > 4 * NEAR_KM:
        reasons.append(_FAR)
    if candidate.helped_lately < LITTLE_MINUTES:
        reasons.append(_TURN)
    elif candidate.helped_lately >= MUCH_MINUTES:
        reasons.append(_MUCH)
    if after >= NEARLY_FULL:
        reasons.append(_FULL)
    elif after <= 0.5:
        reasons.append(_ROOM)
    if candidate.vetted:
        reasons.append(_VETTED)
    if candidate.withdrew:
        reasons.append(_WITHDREW)
    if age_is_needed(candidate.kind, candidate.age_band, policy):
        reasons.append(_AGE_UNKNOWN)
    return Helper(
        offer_id=candidate.offer_id,
        member_id=candidate.member_id,
        number=candidate.number,
        pc4=candidate.pc4,
        distance_km=round(km, 1),
        reserved_minutes=candidate.load_minutes,
        would_be_minutes=candidate.would_help(minutes),
        capacity_minutes_week=candidate.capacity_minutes_week,
        reasons=tuple(sorted(reasons, key=lambda reason: not reason.plus)),
    )
