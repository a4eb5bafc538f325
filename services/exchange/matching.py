"""Who could help: the nearest open offers, the hard rules, then an order with reasons in words.

Hard rules first (themselves, closeness, pause, capacity), then a score of distance, fairness
and load. Only the nearest offers are weighed: that keeps ranking fast with 100,000 open
offers, and a helper at the other end of town is not proposed before a good one round the
corner anyway.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from contracts.exchange import ExclusionReason, Helper, RankedHelpers, Reason
from services.kernel.geography import distance_km

WEIGHED = 400
"""How many of the nearest open offers are weighed."""

NEAR_KM = 1.5
NEARLY_FULL = 0.85
LITTLE_MINUTES = 120
MUCH_MINUTES = 600

_EXACT = Reason(code="exact", nl="Biedt precies dit aan", en="Offers exactly this")
_NEAR = Reason(code="near", nl="Woont dichtbij", en="Lives nearby")
_TURN = Reason(
    code="turn", nl="Hielp nog weinig: is aan de beurt", en="Has helped little so far: it is their turn"
)
_ROOM = Reason(code="room", nl="Heeft ruim tijd", en="Has plenty of time")
_MUCH = Reason(code="much", nl="Deed al veel", en="Has done a lot already", plus=False)
_FULL = Reason(code="nearly_full", nl="Zit daarna bijna vol", en="Nearly full after this", plus=False)
_FAR = Reason(code="far", nl="Woont verder weg", en="Lives further away", plus=False)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An open offer with its helper's week, in minutes."""

    offer_id: UUID
    member_id: UUID
    number: int
    pc4: str
    capacity_minutes_week: int
    reserved_minutes: int
    helped_minutes: int


def nearest_areas(pc4: str, offers_by_area: Mapping[str, int], *, wanted: int = WEIGHED) -> list[str]:
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
    candidates: Iterable[Candidate],
    *,
    asker_id: UUID,
    pc4: str,
    minutes: int,
    excluded: Collection[UUID],
    limit: int,
) -> RankedHelpers:
    """The best `limit` candidates for `minutes` of help near `pc4`, with reasons.

    `excluded` are ids that members said are too close; they are only counted.
    """
    counts: dict[ExclusionReason, int] = {}
    fitting: list[tuple[float, Candidate, float]] = []
    seen: set[UUID] = set()
    # Of two offers by one person the same one counts, in whatever order they came.
    for candidate in sorted(candidates, key=lambda one: one.offer_id.int):
        if candidate.member_id in seen:
            continue
        seen.add(candidate.member_id)
        why_not = _hard_rule(candidate, asker_id, minutes, excluded)
        if why_not is not None:
            counts[why_not] = counts.get(why_not, 0) + 1
            continue
        km = distance_km(pc4, candidate.pc4)
        fitting.append((_score(candidate, km, minutes), candidate, km))
    # The offer's id settles ties, so that the same question gets the same order.
    fitting.sort(key=lambda one: (-one[0], one[1].offer_id.int))
    counts.pop("themselves", None)
    return RankedHelpers(
        helpers=tuple(_helper(candidate, km, minutes) for _, candidate, km in fitting[:limit]),
        found=len(fitting),
        excluded=counts,
    )


def _hard_rule(
    candidate: Candidate, asker_id: UUID, minutes: int, excluded: Collection[UUID]
) -> ExclusionReason | None:
    if candidate.member_id == asker_id:
        return "themselves"
    if candidate.member_id in excluded:
        return "distance"
    if candidate.capacity_minutes_week == 0:
        return "paused"
    if candidate.reserved_minutes + minutes > candidate.capacity_minutes_week:
        return "capacity"
    return None


def _score(candidate: Candidate, km: float, minutes: int) -> float:
    """Higher is better. One point is worth about a kilometre."""
    load = (candidate.reserved_minutes + minutes) / candidate.capacity_minutes_week
    done_lately = min(candidate.helped_minutes, MUCH_MINUTES) / MUCH_MINUTES
    return -min(km, 25.0) - 3.0 * load - 2.0 * done_lately


def _helper(candidate: Candidate, km: float, minutes: int) -> Helper:
    after = (candidate.reserved_minutes + minutes) / candidate.capacity_minutes_week
    reasons = [_EXACT]
    if km <= NEAR_KM:
        reasons.append(_NEAR)
    elif km > 4 * NEAR_KM:
        reasons.append(_FAR)
    if candidate.helped_minutes < LITTLE_MINUTES:
        reasons.append(_TURN)
    elif candidate.helped_minutes >= MUCH_MINUTES:
        reasons.append(_MUCH)
    if after >= NEARLY_FULL:
        reasons.append(_FULL)
    elif after <= 0.5:
        reasons.append(_ROOM)
    return Helper(
        offer_id=candidate.offer_id,
        member_id=candidate.member_id,
        number=candidate.number,
        pc4=candidate.pc4,
        distance_km=round(km, 1),
        reserved_minutes=candidate.reserved_minutes,
        capacity_minutes_week=candidate.capacity_minutes_week,
        reasons=tuple(sorted(reasons, key=lambda reason: not reason.plus)),
    )
