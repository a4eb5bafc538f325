"""An entity with other values in some fields is a new object, and the old one stays as it was."""

import dataclasses
from uuid import uuid4

import pytest

from services.exchange.offer import Offer
from services.kernel.entity import replace

OFFER = Offer(uuid4(), uuid4(), "walking", "3511", uuid4(), "open", 3)


def test_a_replaced_field_is_all_that_differs() -> None:
    before = dataclasses.replace(OFFER)
    after = replace(OFFER, status="withdrawn", version=4)
    assert after == dataclasses.replace(OFFER, status="withdrawn", version=4)
    assert before == OFFER


def test_without_changes_it_is_an_equal_one_of_its_own() -> None:
    after = replace(OFFER)
    assert after == OFFER
    assert after is not OFFER


def test_a_field_that_is_not_there_is_a_mistake() -> None:
    with pytest.raises(AttributeError):
        replace(OFFER, colour="red")
