"""What the console of paper shows: what was seen, what the services answer; and how to read a page."""

import re
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from typing import Any
from uuid import UUID, uuid5

import httpx
from pydantic import SecretStr

from contracts.clearing import Position, Positions
from contracts.coordinator import Restricted
from contracts.envelope import Command, View
from contracts.exchange import Texts
from contracts.initiatives import Initiative, Initiatives
from contracts.ledger import Balances, MonthPaid, Posting, Statement, YearStatement
from contracts.members import People, Person
from contracts.notifications import PaperLetter, PaperLetters
from contracts.policy import PRESETS
from contracts.proposals import RankedHelpers
from contracts.referrals import ReferralFile
from contracts.safety import IncidentFile
from contracts.stranded import Stranded
from contracts.visits import Series, Visit
from services.kernel.settings import Region, Secrets, Team
from tests.unit.callers import key, row_of_match
from tests.unit.paper import PaperBus

SAM = key("sam", "coordinator").model_copy(update={"label": "Sam de Vries"})
NOOR = key("noor", "coordinator").model_copy(update={"label": "Noor Bakker"})
REGION = Region(
    region="voorbeeld",
    name="Voorbeeld",
    teams=(Team(id="west", label="Sociaal team West"),),
    keys=(NOOR, SAM, key("yara", "member", UUID(int=0xA1)), key("samira", "referrer", team="west")),
    secrets=Secrets(web=SecretStr("a secret of the region")),
)
HELPER, ASKER, HOME = UUID(int=0xA1), UUID(int=0xA2), UUID(int=0xA3)
REQUEST, MATCH, SERIES, ONE = (UUID(int=n) for n in (0xB1, 0xB2, 0xB3, 0xB4))
AT = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


def person(member_id: UUID, number: int, name: str, **more: Any) -> Person:
    return Person(member_id=member_id, number=number, name=name, pc4="3511", **more)


PEOPLE = People(
    people=(
        person(HELPER, 1042, "Yara Visser", email="yara@voorbeeld.example", phone="06-12 34 56 78"),
        person(ASKER, 1043, "Anna Jansen", street="Kade", house_number="1"),
        person(HOME, 1044, "Huishouden Visser"),
    )
)


def row_of_member(**changed: Any) -> dict[str, Any]:
    return {
        "member_id": HELPER,
        "number": 1042,
        "kind": "person",
        "status": "approved",
        "pc4": "3511",
        "capacity_minutes_week": 180,
        "carer_minutes_week": 60,
        "age_band": "from_21",
        "guardian_agrees": False,
        "paused": False,
        "paused_until": None,
        "channel": "email",
        "digest": "none",
        "quiet_from": None,
        "quiet_until": None,
        "registered_at": AT,
        "decided_at": AT,
        "left_at": None,
        "version": 3,
        **changed,
    }


def line(code: str, **more: Any) -> dict[str, Any]:
    nothing = dict.fromkeys(("other_id", "request_id", "match_id", "series_id", "minutes", "reason"))
    told = {"code": code, "actor": "coordinator:noor", "person_id": HELPER, "at": AT}
    return {**nothing, "line_id": uuid5(ONE, code), **told, **more}


def row_of_request(**changed: Any) -> dict[str, Any]:
    return {
        **dict.fromkeys(("recurrence", "last_day", "series_id", "asked_by", "consent", "match_id")),
        "request_id": REQUEST,
        "member_id": ASKER,
        "category": "shopping",
        "pc4": "3511",
        "minutes": 60,
        "wanted_at": AT,
        "urgency": "soon",
        "wish": "known",
        "initiative_id": UUID(int=1),
        "referral": False,
        "status": "open",
        "requested_at": AT,
        "open_since": AT,
        "version": 1,
        **changed,
    }


ROWS_SEEN: dict[str, list[dict[str, Any]]] = {
    "members_seen": [row_of_member()],
    "vogs_seen": [{"category": "finances", "valid_until": date(2030, 1, 31)}],
    "households_seen": [
        {"household_id": HOME, "member_id": HELPER, "shares_balance": True, "may_act": False}
    ],
    "representations_seen": [{"representative_id": ASKER, "how": "phone"}],
    "waivers_seen": [{"until": AT + timedelta(days=30)}],
    "offers_seen": [{"category": "dog", "offer_id": ONE, "pc4": "3511", "number": 1042}],
    "balances_seen": [
        {
            "account_id": HELPER,
            "shared_with": None,
            "balance_minutes": 150,
            "held_minutes": 30,
            "floor_minutes": -600,
            "ceiling_minutes": None,
        }
    ],
    "requests_seen": [row_of_request()],
    "matches_seen": [
        row_of_match(
            match_id=MATCH,
            request_id=REQUEST,
            helper_id=HELPER,
            asker_id=ASKER,
            series_id=SERIES,
            helper_minutes=90,
            asker_minutes=45,
            minutes_differ=True,
        )
    ],
    "incidents_seen": [
        {
            "helper_id": HELPER,
            "asker_id": ASKER,
            "match_id": MATCH,
            "reported_by": "sam",
            "handler": "noor",
            "reported_at": AT,
            "closed_at": None,
            "released": False,
        }
    ],
    "referrals_seen": [
        {
            "referral_id": ONE,
            "team": "west",
            "member_id": ASKER,
            "member_status": "registered",
            "number": 1043,
            "pc4": "3511",
            "category": "shopping",
            "minutes": 60,
            "wanted_at": AT,
            "urgency": "soon",
            "wish": "none",
            "recurrence": "FREQ=WEEKLY",
            "last_day": None,
            "consent": "in_person",
            "feedback": "outcome",
            "remind_at": AT,
            "answer_by": AT,
            "twin_ids": [MATCH],
            "status": "requested",
            "referred_at": AT,
            "changed_at": AT,
            "reason": None,
            "visits": 0,
            "reminded": True,
            "overdue": True,
            "told_status": "requested",
            "told_reason": None,
            "told_outcome": None,
            "told_at": AT,
        }
    ],
    "stranded": [
        {
            "stranded_id": ONE,
            "team": "west",
            "code": "invalid",
            "kept": True,
            "settled": False,
            "stranded_at": AT,
        }
    ],
    "complaints": [
        {
            "complaint_id": ONE,
            "member_id": ASKER,
            "about_id": HELPER,
            "handler": "noor",
            "former_handlers": ["sam"],
            "status": "filed",
            "acknowledge_by": AT,
            "decide_by": AT + timedelta(days=42),
            "acknowledge_passed": True,
            "decide_passed": False,
        }
    ],
    "duties": [
        {
            "duty_id": ONE,
            "coordinator": "noor",
            "areas": ["3511"],
            "begins_at": datetime.now(UTC) - timedelta(hours=1),
            "ends_at": datetime.now(UTC) + timedelta(hours=1),
        }
    ],
    "leaves": [
        {
            "leave_id": ONE,
            "coordinator": "noor",
            "first_day": date(2026, 12, 1),
            "last_day": date(2026, 12, 8),
            "deputy": None,
        }
    ],
    "messages_seen": [],
    "loans_seen": [
        {
            "loan_id": ONE,
            "peer": "delft",
            "thread_id": ONE,
            "side": "asks",
            "category": "shopping",
            "minutes": 60,
            "pc4": "3511",
            "wanted_at": AT,
            "urgency": "soon",
            "wish": "unknown",
            "counted": True,
            "status": "offered",
            "changed_at": AT,
            "request_id": REQUEST,
            "member_id": ASKER,
            "helper_pc4": "2611",
            "we_agree": False,
            "they_agree": True,
            "our_minutes": None,
            "their_minutes": 60,
            "differs": False,
            "agreed_minutes": None,
            "reason": None,
            "ended_by": None,
            "answer_by": None,
            "resolved": False,
            "place": "3511",
            "version": 2,
        }
    ],
    "clearings_seen": [
        {
            "clearing_id": ONE,
            "peer": "delft",
            "cap_minutes": 600,
            "proposal_id": MATCH,
            "proposed_minutes": 900,
            "proposed_by": "them",
            "proposed_at": AT,
            "differs": True,
            "differs_there": False,
        }
    ],
    "crossings_seen": [
        {
            "crossing_id": ONE,
            "peer": "delft",
            "ours": False,
            "minutes": 60,
            "kind": "settlement",
            "status": "asked",
            "changed_at": AT,
            "payer_id": None,
            "payee_id": None,
            "about": None,
            "reason": None,
            "stranded": None,
            "version": 1,
        }
    ],
    "forgotten_letters": [
        {
            "orphan_id": UUID(int=n),
            "peer": "delft",
            "thread_id": ONE,
            "written_by": written_by,
            "letter": letter,
            "forgotten_at": AT,
            "settled": False,
        }
        for n, (written_by, letter) in enumerate([("delft", "MinutesReport"), ("utrecht", "TransferOffer")])
    ],
    # Vandaag: the list, and how much there is of each kind.
    "(SELECT kind": [],
    "(SELECT * FROM (SELECT": [],
    "history": [
        line("member-registered"),
        line("capacity-changed"),
        line("match-confirmed", other_id=ASKER, actor="member:yara"),
        line("minutes-reported", minutes=90, other_id=ASKER, actor="service:exchange"),
    ],
}


LETTERS = PaperLetters(
    letters=tuple(
        PaperLetter(
            message_id=id,
            member_id=ASKER,
            channel=channel,
            name="Anna Jansen",
            street="Kade",
            house_number="1",
            pc4="3511",
            phone="030-123 45 67",
            subject="Wij hebben iemand voor u gevonden",
            text="Beste Anna Jansen,\n\nYara komt donderdag 26 november.\nPast het niet? Bel Noor.\n\nGroet",
        )
        for id, channel in ((ONE, "letter"), (MATCH, "phone"))
    )
)


ANSWERS: dict[type[View], View] = {
    Positions: Positions(
        positions=(
            Position(
                peer="delft",
                cap_minutes=600,
                position_minutes=-90,
                outgoing_minutes=0,
                incoming_minutes=60,
                differs=True,
            ),
        )
    ),
    People: PEOPLE,
    Texts: Texts(texts={REQUEST: "Graag op dinsdag."}),
    RankedHelpers: RankedHelpers(helpers=(), found=0, excluded={"vog": 7, "distance": 2}),
    Restricted: Restricted(
        texts={
            "filed": "Hij kwam twee keer niet.",
            "heard": "Beiden gesproken.",
            "handed-over-1": "Sam is ziek.",
        }
    ),
    IncidentFile: IncidentFile(texts={"reported": "Er is geld weg.", "closed": "Beiden zijn gebeld."}),
    PaperLetters: LETTERS,
    Stranded: Stranded(team="west", code="invalid", text='{"person": {}}'),
    ReferralFile: ReferralFile(text="Kan niet tillen.", contact="Samira", reference="W-17"),
    Initiatives: Initiatives(
        initiatives=(
            Initiative(
                initiative_id=ONE,
                name="Ruilkring West",
                preset="ruilkring",
                status="running",
                policy=PRESETS["ruilkring"],
            ),
        )
    ),
    Series: Series(
        series_id=SERIES,
        offer_id=ONE,
        helper_id=HELPER,
        asker_id=ASKER,
        category="shopping",
        minutes=60,
        recurrence="FREQ=WEEKLY;BYDAY=TU",
        starts_at=AT,
        last_day=None,
        helper_last_day=date(2026, 12, 31),
        status="running",
        visits=(
            Visit(
                request_id=REQUEST,
                wanted_at=AT,
                minutes=60,
                request_status="matched",
                match_id=MATCH,
                match_status="confirmed",
                helper_id=HELPER,
            ),
            Visit(request_id=ONE, wanted_at=AT + timedelta(days=7), minutes=60, request_status="open"),
        ),
    ),
    Balances: Balances(balances=()),
    Statement: Statement(
        account_id=HELPER,
        opening_minutes=0,
        closing_minutes=60,
        postings=(
            Posting(
                transfer_id=ONE,
                posted_at=AT,
                minutes=90,
                balance_minutes=90,
                kind="match",
                match_id=MATCH,
                other_account_id=ASKER,
            ),
            Posting(
                transfer_id=MATCH,
                posted_at=AT,
                minutes=-30,
                balance_minutes=60,
                kind="pool",
                other_account_id=UUID(int=1),
            ),
        ),
    ),
    YearStatement: YearStatement(
        helper_id=HELPER,
        year=2026,
        minutes=90,
        cents=840,
        expenses_cents=1250,
        left_cents=209160,
        month_cap_cents=21000,
        year_cap_cents=210000,
        caps_year=2025,
        months=(MonthPaid(month="2026-11", minutes=90, cents=840, expenses_cents=1250, left_cents=20160),),
    ),
}


def token(page: httpx.Response) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert found is not None
    return found.group(1)


async def post(browser: httpx.AsyncClient, path: str, **form: Any) -> httpx.Response:
    return await browser.post(path, data={"csrf": token(await browser.get("/rooster")), **form})


def only_sent(bus: PaperBus) -> Command:
    ((command, actor, _),) = bus.sent
    assert actor.name == "noor"
    return command


class Outline(HTMLParser):
    """What a screen reader would need of a page: headings, labels, ids, and the parts that have none."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.levels: list[int] = []
        self.ids: list[str] = []
        self.labelled: set[str] = set()
        self.fields: list[tuple[str, str]] = []
        self.refers: set[str] = set()
        self.classes: set[str] = set()
        self._inside_label = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.ids += [found["id"]] if "id" in found else []
        self.levels += [int(tag[1])] if re.fullmatch("h[1-6]", tag) else []
        if tag == "label":
            self._inside_label = "for" not in found
            self.labelled.add(found.get("for", ""))
        if tag in ("input", "select", "textarea") and found.get("type") != "hidden":
            self.fields.append(
                ("inside" if self._inside_label else found.get("id", ""), found.get("name", ""))
            )
        for attribute in ("aria-describedby", "aria-labelledby"):
            self.refers |= set(found.get(attribute, "").split())

    def handle_endtag(self, tag: str) -> None:
        self._inside_label = self._inside_label and tag != "label"
