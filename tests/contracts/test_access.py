"""Who may do what: every message has a row, and every row means what it says."""

from uuid import UUID

import pytest

from contracts.access import ACTING, ANY, MAY, PARTY, TEAM, allowed, own_field
from contracts.catalogue import COMMANDS, QUERIES
from contracts.envelope import Actor, Command, Query, Role
from contracts.exchange import CancelMatch, ConfirmMatch, GetMatch, PostOffer, ReportMinutes
from contracts.ledger import GetBalances, TransferCredit
from contracts.members import GetPeople
from contracts.referrals import CancelReferral
from services.kernel.questions import KERNEL_QUERIES

ANNA, BRAM = UUID(int=0xA), UUID(int=0xB)
AS_ANNA = Actor(role=Role.MEMBER, name="key-1", member_id=ANNA)


def test_every_message_on_the_bus_has_a_row_and_every_row_a_message() -> None:
    assert set(MAY) == {*COMMANDS, *QUERIES, *KERNEL_QUERIES}


@pytest.mark.parametrize("name", MAY)
def test_a_row_names_roles_and_a_field_that_the_message_has(name: str) -> None:
    assert MAY[name], f"nobody may {name}"
    message = COMMANDS.get(name) or QUERIES.get(name)
    for role, rule in MAY[name].items():
        assert isinstance(role, Role)
        if rule == ACTING:
            assert message is not None
            assert "member_id" in message.model_fields
        elif rule == TEAM:
            assert role is Role.REFERRER
        elif rule not in (ANY, PARTY):
            assert message is not None
            assert rule in message.model_fields or isinstance(getattr(message, rule), property)


def test_a_social_team_refers_with_a_key_that_says_which_team_and_does_nothing_else() -> None:
    cancel = CancelReferral(referral_id=UUID(int=1))
    assert allowed(Actor(role=Role.REFERRER, name="west-1", team="west"), cancel)
    assert not allowed(Actor(role=Role.REFERRER, name="west-1"), cancel)
    own = {name for name, row in MAY.items() if Role.REFERRER in row}
    assert own == {
        "RegisterReferred",
        "ReferPerson",
        "CancelReferral",
        "StopFeedback",
        "GetReferralFile",
        "StrandEvent",
        "SettleStranded",
        "GetInitiatives",
        # Its feed, and where that is brought
        "GetFeedback",
        *(name for name in MAY if "Endpoint" in name),
        "RotateSecret",
        "ReplayFeedback",
        "GetDeliveries",
    }


def test_kernel_messages_are_not_for_people() -> None:
    assert MAY["ReadLog"] == MAY["GetMarks"] == {Role.SERVICE: ANY, Role.OPERATOR: ANY}
    assert MAY["RetryParked"] == MAY["GetState"] == MAY["SetLogLevel"] == {Role.OPERATOR: ANY}


@pytest.mark.parametrize("name", [*COMMANDS, *QUERIES])
def test_a_member_never_acts_for_just_anyone_except_to_read_what_all_may_read(name: str) -> None:
    assert MAY[name].get(Role.MEMBER) != ANY or name in ("GetTexts", "GetInitiatives")


def test_services_change_nothing_over_the_bus() -> None:
    assert not [name for name in COMMANDS if Role.SERVICE in MAY[name]]


@pytest.mark.parametrize(
    ("own", "others"),
    [
        (PostOffer(member_id=ANNA, category="dog"), PostOffer(member_id=BRAM, category="dog")),
        (GetPeople(member_ids=(ANNA,)), GetPeople(member_ids=(ANNA, BRAM))),
        (GetBalances(account_ids=(ANNA,)), GetBalances(account_ids=(BRAM,))),
        (GetPeople(member_ids=(ANNA,)), GetPeople(member_ids=())),
        (
            CancelMatch(match_id=UUID(int=1), member_id=ANNA),
            CancelMatch(match_id=UUID(int=1)),
        ),
        (
            TransferCredit(from_account_id=ANNA, to_account_id=BRAM, minutes=30),
            TransferCredit(from_account_id=BRAM, to_account_id=ANNA, minutes=30),
        ),
    ],
    ids=lambda message: type(message).__name__,
)
def test_a_member_acts_for_themselves_and_nobody_else(own: Command | Query, others: Command | Query) -> None:
    assert allowed(AS_ANNA, own)
    assert not allowed(AS_ANNA, others)


def test_a_key_that_belongs_to_no_member_does_nothing_in_a_members_name() -> None:
    nobody = Actor(role=Role.MEMBER, name="key-2")
    assert not allowed(nobody, PostOffer(member_id=ANNA, category="dog"))
    assert not allowed(nobody, CancelMatch(match_id=UUID(int=1)))


def test_whether_someone_is_party_to_a_match_is_for_the_service_to_say() -> None:
    assert allowed(AS_ANNA, GetMatch(match_id=UUID(int=1)))


def test_whether_someone_may_act_for_another_is_for_the_service_to_say_once_it_is_said_who() -> None:
    for member_id in (ANNA, BRAM):
        assert allowed(AS_ANNA, ReportMinutes(match_id=UUID(int=1), member_id=member_id, minutes=30))
    nobody = Actor(role=Role.MEMBER, name="key-2")
    assert not allowed(nobody, ReportMinutes(match_id=UUID(int=1), member_id=ANNA, minutes=30))
    assert own_field(ReportMinutes) == own_field(PostOffer) == "member_id"
    assert own_field(GetMatch) is own_field(ConfirmMatch) is None


@pytest.mark.parametrize(
    "name",
    [
        "LeaveMembership",
        "EraseMember",
        "NameTie",
        "ChangeLimits",
        "GrantRepresentation",
        "EndRepresentation",
        "PostOffer",
        "TransferCredit",
        "GiveToPool",
        "ChangeContactDetails",
        "ChangeCapacity",
        "ChooseChannel",
    ],
)
def test_what_is_ones_own_nobody_does_for_another(name: str) -> None:
    assert MAY[name].get(Role.MEMBER) != ACTING


def test_a_role_that_is_not_in_a_row_may_not() -> None:
    match = ConfirmMatch(request_id=UUID(int=1), offer_id=UUID(int=2))
    assert allowed(Actor(role=Role.COORDINATOR, name="c"), match)
    for role in (Role.MEMBER, Role.REFERRER, Role.OPERATOR, Role.SERVICE):
        assert not allowed(Actor(role=role, name="x", member_id=ANNA), match)


def test_a_message_that_is_in_no_row_is_for_nobody() -> None:
    class Shout(Command):
        """Not in the table."""

    assert not [role for role in Role if allowed(Actor(role=role, name="x"), Shout())]
