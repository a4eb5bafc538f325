"""What a volunteer may receive in a year: entered by an operator where a release does not know it yet."""

from datetime import UTC, datetime

import pytest

from contracts.access import allowed
from contracts.caps import CapsCorrected, CapsEntered, EnterCaps, caps_id
from contracts.envelope import Actor, Event, Role
from contracts.ledger import CompensationBooked, HoldPlaced, HoldRefused, PlaceHold
from contracts.policy import CAPS, AgeBand, Caps
from services.kernel.testing import NOW
from services.ledger.caps import ENTERED
from tests.unit import accounts
from tests.unit.accounts import TWO_ACCOUNTS
from tests.unit.neighbours import BRAM, MATCH, ledger

given = ledger.given

OPERATOR = Actor(role=Role.OPERATOR, name="command-line")
THIS_YEAR = NOW.year
NEWER = Caps(hour_21=600, hour_young=350, month=220_00, year=2_200_00)
VISIT = datetime(THIS_YEAR, 12, 15, 10, tzinfo=UTC)


def entered(year: int = THIS_YEAR, caps: Caps = NEWER) -> CapsEntered:
    return CapsEntered(caps_id=caps_id(year), year=year, caps=caps)


def enters(year: int = THIS_YEAR, **otherwise: int) -> EnterCaps:
    said = {"hour_21": 600, "hour_young": 350, "month": 220_00, "whole_year": 2_200_00}
    return EnterCaps(year=year, **{**said, **otherwise})


def hold(minutes: int, at: datetime = VISIT) -> PlaceHold:
    return accounts.hold(minutes, compensation="euro", age_band=AgeBand.FROM_21, at=at)


def cents(known: tuple[Event, ...], command: PlaceHold) -> int:
    """What is set apart."""
    (event,) = given(*known).when(command).events
    assert isinstance(event, HoldPlaced)
    return event.cents


def test_an_operator_says_what_holds_in_a_year() -> None:
    given().when(enters()).then(entered())
    assert given(entered()).now(ENTERED, caps_id(THIS_YEAR)).caps == NEWER


def test_only_an_operator_does() -> None:
    assert allowed(OPERATOR, enters())
    for role in set(Role) - {Role.OPERATOR}:
        assert not allowed(Actor(role=role, name="someone"), enters())


def test_the_same_again_is_once_and_other_amounts_take_their_place() -> None:
    given(entered()).when(enters()).then_nothing()
    right = CapsCorrected(**{**entered().model_dump(), "caps": NEWER.model_copy(update={"hour_21": 610})})
    given(entered()).when(enters(hour_21=610)).then(right)
    assert cents((*TWO_ACCOUNTS, entered(), right), hold(60)) == 610


@pytest.mark.parametrize("year", [THIS_YEAR - 2, THIS_YEAR + 2])
def test_only_for_a_year_that_can_be_known(year: int) -> None:
    given().when(enters(year)).refused("not_this_year")


def test_what_a_release_knows_is_not_entered_again() -> None:
    assert THIS_YEAR - 1 in CAPS
    given().when(enters(THIS_YEAR - 1)).refused("caps_known")


@pytest.mark.parametrize(
    "mistake", [{"hour_young": 601}, {"hour_21": 22001}, {"month": 3_000_00}, {"whole_year": 2_640_01}]
)
def test_amounts_that_cannot_be_so_are_refused(mistake: dict[str, int]) -> None:
    no = given().when(enters(**mistake)).refused("caps_out_of_order")
    assert "Kijk ze na" in no.nl
    assert "Please check" in no.en


def test_from_then_on_they_hold_for_what_is_set_apart() -> None:
    before = HoldPlaced(hold_id=MATCH, account_id=BRAM, minutes=0, cents=560, month=f"{THIS_YEAR}-12")
    given(*TWO_ACCOUNTS).when(hold(60)).then(before)
    after = before.model_copy(update={"cents": 600})
    given(*TWO_ACCOUNTS, entered()).when(hold(60)).then(after)
    # 36 hours at 6 euros are 216 of the 220 euros: with those of 2025 there was no room.
    assert cents((*TWO_ACCOUNTS, entered()), hold(36 * 60)) == 216_00
    (no,) = given(*TWO_ACCOUNTS, entered()).when(hold(37 * 60)).events
    assert isinstance(no, HoldRefused)
    assert (no.left_cents, no.caps_year) == (220_00, THIS_YEAR)


def test_a_later_year_has_those_of_the_last_one_until_it_has_its_own() -> None:
    next_year = VISIT.replace(year=THIS_YEAR + 1)
    known = (*TWO_ACCOUNTS, entered())
    assert cents(known, hold(60, next_year)) == 600
    its_own = entered(THIS_YEAR + 1, NEWER.model_copy(update={"hour_21": 620}))
    assert cents((*known, its_own), hold(60, next_year)) == 620
    # And nothing changes in the year before it.
    assert cents((*known, its_own), hold(60)) == 600


def test_what_is_booked_has_the_rate_of_that_moment() -> None:
    book = accounts.book(60, compensation="euro", age_band=AgeBand.FROM_21, at=VISIT)
    apart = HoldPlaced(hold_id=MATCH, account_id=BRAM, minutes=0, cents=560, month=f"{THIS_YEAR}-12")
    (booked,) = given(*TWO_ACCOUNTS, apart, entered()).when(book).events
    assert isinstance(booked, CompensationBooked)
    assert (booked.cents, booked.hold_cents) == (600, 560)
