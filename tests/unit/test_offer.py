"""An offer: what someone can do for a neighbour."""

from contracts.exchange import PostOffer, WithdrawOffer
from services.exchange.offer import OFFER as KIND
from services.kernel.testing import COMMAND_ID
from tests.unit.neighbours import ANNA, BRAM, ELSEWHERE, OFFER, OFFER_WITHDRAWN, admitted, exchange, offered

given = exchange.given


def test_a_participant_offers_help_from_their_own_postcode() -> None:
    given(admitted(BRAM)).when(PostOffer(member_id=BRAM, category="gardening", text="Ik snoei graag.")).then(
        offered(BRAM, offer_id=COMMAND_ID)
    )


def test_the_words_of_an_offer_go_to_the_vault_and_not_into_the_event() -> None:
    offer = PostOffer(member_id=BRAM, category="gardening", text="Ik snoei graag.")
    (entry,) = offer.vault(OFFER)
    assert (entry.entity, entry.entity_id, entry.person_id) == ("offer", OFFER, BRAM)
    assert entry.data == {"text": "Ik snoei graag."}
    (event,) = given(admitted(BRAM)).when(offer).events
    assert "snoei" not in event.model_dump_json()


def test_someone_who_is_not_approved_cannot_offer_yet() -> None:
    given().when(PostOffer(member_id=BRAM, category="gardening")).refused("not_approved")


def test_an_offer_is_withdrawn_without_a_reason() -> None:
    given(admitted(BRAM), offered()).when(WithdrawOffer(offer_id=OFFER, member_id=BRAM)).then(OFFER_WITHDRAWN)


def test_nobody_withdraws_another_ones_offer() -> None:
    given(admitted(BRAM), offered()).when(WithdrawOffer(offer_id=OFFER, member_id=ANNA)).refused("not_theirs")


def test_a_coordinator_of_elsewhere_neither_offers_nor_withdraws_for_them() -> None:
    post = PostOffer(member_id=BRAM, category="gardening")
    given(admitted(BRAM)).when(post, by=ELSEWHERE).refused("other_area")
    withdraw = WithdrawOffer(offer_id=OFFER, member_id=BRAM)
    given(admitted(BRAM), offered()).when(withdraw, by=ELSEWHERE).refused("other_area")


def test_an_offer_is_withdrawn_once() -> None:
    given(admitted(BRAM), offered(), OFFER_WITHDRAWN).when(
        WithdrawOffer(offer_id=OFFER, member_id=BRAM)
    ).refused("withdrawn")


def test_an_offer_that_nobody_made_cannot_be_withdrawn() -> None:
    given().when(WithdrawOffer(offer_id=OFFER, member_id=BRAM)).refused("unknown_offer")


def test_an_offer_stands_until_it_is_withdrawn() -> None:
    offer = given(admitted(BRAM), offered()).now(KIND, OFFER)
    assert (offer.member_id, offer.category, offer.pc4, offer.status) == (BRAM, "gardening", "3512", "open")
    assert given(admitted(BRAM), offered(), OFFER_WITHDRAWN).now(KIND, OFFER).status == "withdrawn"
