"""Small things to do in return."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from contracts.categories import CATEGORIES, Intimacy
from services.exchange.return_favour import HOW_MANY, suggest
from tests.unit.neighbours import ANNA

SMALL = {code for code, category in CATEGORIES.items() if category.small}
OFFERED = st.sets(st.sampled_from(list(CATEGORIES)))


@given(st.uuids(), OFFERED)
def test_three_small_things_are_suggested_that_they_do_not_offer_yet(
    member_id: UUID, offered: set[str]
) -> None:
    suggested = [favour.category for favour in suggest(member_id, offered).favours]
    assert set(suggested) <= SMALL - offered
    assert len(set(suggested)) == len(suggested) == min(HOW_MANY, len(SMALL - offered))


@given(st.uuids(), OFFERED)
def test_someone_sees_the_same_suggestions_every_time(member_id: UUID, offered: set[str]) -> None:
    assert suggest(member_id, offered) == suggest(member_id, frozenset(offered))


@given(st.lists(st.uuids(), min_size=60, max_size=60, unique=True))
def test_not_everyone_sees_the_same_suggestions(members: list[UUID]) -> None:
    assert len({suggest(member_id, ()) for member_id in members}) > 1


def test_someone_who_offers_everything_small_already_gets_none() -> None:
    assert suggest(ANNA, SMALL).favours == ()


@given(st.uuids())
def test_what_is_small_asks_for_no_nearness(member_id: UUID) -> None:
    for favour in suggest(member_id, ()).favours:
        assert CATEGORIES[favour.category].intimacy is Intimacy.LOW
        assert (favour.nl, favour.en) == CATEGORIES[favour.category][:2]
