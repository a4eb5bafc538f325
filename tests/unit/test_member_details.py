"""What members tell about themselves: how to reach them, when, and who is near or better apart."""

from typing import Any, Literal

import pytest
from pydantic import ValidationError

from contracts.members import (
    ChangeContactDetails,
    ChannelChosen,
    ChooseChannel,
    CircleChanged,
    ContactDetailsChanged,
    NameTie,
)
from tests.unit.neighbours import ANNA, BRAM, as_member, members
from tests.unit.newcomers import A_HOUSEHOLD, HOUSE, takes_part

given = members.given


# Ways of contact


def test_a_new_address_is_in_the_vault_and_the_event_only_says_that_there_is_one() -> None:
    command = ChangeContactDetails(member_id=ANNA, street="Iepenlaan", house_number="3", phone="")
    given(*takes_part()).when(command, by=as_member(ANNA)).then(ContactDetailsChanged(member_id=ANNA))
    (entry,) = command.vault(BRAM)
    # What is not named stays: rows of the vault merge. An empty text takes a way of contact away.
    assert (entry.entity_id, entry.person_id) == (ANNA, ANNA)
    assert entry.data == {"street": "Iepenlaan", "house_number": "3", "phone": None}


def test_not_wanting_to_be_reached_directly_is_a_change_too() -> None:
    command = ChangeContactDetails(member_id=ANNA, shares_contact=False)
    given(*takes_part()).when(command).then(ContactDetailsChanged(member_id=ANNA))


def test_a_change_that_says_nothing_is_refused() -> None:
    given(*takes_part()).when(ChangeContactDetails(member_id=ANNA)).refused("nothing_to_change")


def test_a_name_or_street_cannot_be_taken_away() -> None:
    for field in ("name", "street", "house_number"):
        with pytest.raises(ValidationError):
            ChangeContactDetails.model_validate({"member_id": ANNA, field: ""})


# How they want to hear from us


def test_a_member_chooses_how_and_when_to_hear_from_us() -> None:
    said = {"channel": "sms", "digest": "daily", "quiet_from": 21, "quiet_until": 9}
    command = ChooseChannel.model_validate({"member_id": ANNA, **said})
    given(*takes_part()).when(command).then(ChannelChosen.model_validate({"member_id": ANNA, **said}))


@pytest.mark.parametrize("hours", [{"quiet_from": 21}, {"quiet_until": 9}], ids=["from", "until"])
def test_quiet_hours_have_a_beginning_and_an_end(hours: dict[str, int]) -> None:
    command = ChooseChannel.model_validate({"member_id": ANNA, "channel": "email", **hours})
    given(*takes_part()).when(command).refused("half_quiet_hours")


@pytest.mark.parametrize("hour", [0, 9])
def test_quiet_hours_that_end_when_they_begin_are_refused(hour: int) -> None:
    command = ChooseChannel(member_id=ANNA, channel="email", quiet_from=hour, quiet_until=hour)
    given(*takes_part()).when(command).refused("no_quiet_hours")


# Ties


def names(tie: Any = "friend", *, other_id: Any = BRAM, member_id: Any = ANNA) -> NameTie:
    return NameTie(member_id=member_id, other_id=other_id, tie=tie)


@pytest.mark.parametrize("tie", ["relative", "friend", "neighbour", "conflict", "none"])
def test_a_tie_is_in_the_vault_under_both_people_and_not_in_the_event(
    tie: Literal["relative", "friend", "neighbour", "conflict", "none"],
) -> None:
    (event,) = given(*takes_part(ANNA), *takes_part(BRAM)).when(names(tie)).events
    assert event == CircleChanged(member_id=ANNA)
    (entry,) = names(tie).vault(ANNA)
    assert (entry.person_id, entry.other_id, entry.data) == (ANNA, BRAM, {"tie": tie})


def test_what_is_said_later_about_the_same_two_replaces_it() -> None:
    (first,), (second,) = names("friend").vault(ANNA), names("none").vault(BRAM)
    assert (first.entity, first.entity_id) == (second.entity, second.entity_id)
    (other_way,) = names(member_id=BRAM, other_id=ANNA).vault(ANNA)
    assert other_way.entity_id != first.entity_id


def test_nobody_has_a_tie_with_themselves() -> None:
    given(*takes_part()).when(names(other_id=ANNA)).refused("tie_with_oneself")


def test_a_household_has_no_ties() -> None:
    story = given(*takes_part(), *A_HOUSEHOLD)
    story.when(names(other_id=HOUSE)).refused("not_a_person")
    story.when(names(member_id=HOUSE, other_id=ANNA)).refused("not_a_person")
