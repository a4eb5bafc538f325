"""The seal: what is not as it says it is, is refused, and why."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from pydantic import BaseModel, ValidationError

from contracts.network import Contact, GetTaken, Mark
from services.kernel.testing import NOW
from services.link.keys import Keys
from services.link.seal import MAX_AGE, Correspondent, Refused, Seal

OOST, WEST, ZUID = Keys.new(), Keys.new(), Keys.new()
SAID = GetTaken(at_most=7)


def seal(me: str, keys: Keys, at: Any = NOW) -> Seal:
    return Seal(me, keys, clock=lambda: at)


def public(region: str, keys: Keys) -> Correspondent:
    return Correspondent.of(region, keys.signing_key, keys.sealing_key)


def said(
    to: str = "west",
    for_whom: Keys = WEST,
    by: str = "oost",
    signed: Keys = OOST,
    kind: str = "GetTaken",
    at: Any = NOW,
    body: BaseModel = SAID,
    re: UUID | None = None,
) -> bytes:
    return seal(by, signed, at).close(public(to, for_whom), kind, body, re)[1]


def opened(raw: bytes, **how: Any) -> Any:
    return seal("west", WEST, how.pop("at", NOW)).open(raw, public("oost", OOST), "GetTaken", **how)


def refused(raw: bytes, **how: Any) -> str:
    with pytest.raises(Refused) as no:
        opened(raw, **how)
    return no.value.reason


def test_what_one_region_says_to_another_is_read_there() -> None:
    stated = opened(said())
    assert (stated.sender, stated.to, stated.body) == ("oost", "west", {"at_most": 7})


def test_nobody_else_can_read_it() -> None:
    with pytest.raises(Refused, match="unreadable"):
        seal("zuid", ZUID).open(said(), public("oost", OOST), "GetTaken")
    assert b"at_most" not in said()


def test_a_region_that_poses_as_another_is_found_out() -> None:
    assert refused(said(signed=ZUID)) == "forged"


@pytest.mark.parametrize("place", [0, 20, 150, -40, -1])
def test_one_letter_changed_under_way_is_enough(place: int) -> None:
    raw = bytearray(said())
    raw[place] = ord("A") if raw[place] != ord("A") else ord("B")
    assert refused(bytes(raw)) == "unreadable"


@pytest.mark.parametrize("junk", [b"", b"x", b"a.b.c.d.e", b"\xff" * 100, b"{}"])
def test_what_is_no_message_at_all_is_unreadable(junk: bytes) -> None:
    assert refused(junk) == "unreadable"


def test_what_was_said_to_one_cannot_be_passed_on_to_another() -> None:
    """Zuid got it, and seals the same signed words again, for West."""
    assert refused(said(to="zuid")) == "foreign"


def test_what_was_said_in_one_matter_cannot_be_used_in_another() -> None:
    assert refused(said(kind="Letters")) == "foreign"


def test_an_answer_belongs_to_the_question_it_names() -> None:
    asked, other = uuid4(), uuid4()
    mark = Mark(epoch=1, number=0)
    assert opened(said(body=mark, re=asked), re=asked).re == asked
    assert refused(said(body=mark, re=asked), re=other) == "foreign"
    assert refused(said(body=mark), re=asked) == "foreign"


def test_the_same_message_is_heard_once() -> None:
    west, raw = seal("west", WEST), said()
    west.open(raw, public("oost", OOST), "GetTaken")
    with pytest.raises(Refused, match="replayed"):
        west.open(raw, public("oost", OOST), "GetTaken")


@pytest.mark.parametrize("late", [MAX_AGE + timedelta(seconds=1), -MAX_AGE - timedelta(seconds=1)])
def test_what_is_of_long_ago_or_of_the_future_is_stale(late: timedelta) -> None:
    assert refused(said(), at=NOW + late) == "stale"


def test_signed_and_not_in_form_is_malformed() -> None:
    from joserfc import jwe, jws

    signed = jws.serialize_compact({"alg": "Ed25519"}, b'{"id": 1}', OOST.signing, algorithms=["Ed25519"])
    raw = jwe.encrypt_compact({"alg": "ECDH-ES", "enc": "A256GCM"}, signed, WEST.sealing)
    assert refused(raw.encode()) == "malformed"


@pytest.mark.parametrize(
    "body",
    [
        {"epoch": 2**63 - 1, "number": 1},
        {"epoch": 1, "number": -1},
        {"epoch": 1, "number": 1, "release": "1\0"},
    ],
)
def test_what_could_not_be_kept_is_no_mark(body: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Mark.model_validate(body)


def test_no_other_algorithm_is_taken() -> None:
    """What is signed with a shared secret, or not at all, is no signature of a region."""
    from joserfc import jwe, jws
    from joserfc.jwk import OctKey

    signed = jws.serialize_compact(
        {"alg": "HS256"}, b"{}", OctKey.import_key(OOST.signing_key * 2), algorithms=["HS256"]
    )
    raw = jwe.encrypt_compact({"alg": "ECDH-ES", "enc": "A256GCM"}, signed, WEST.sealing)
    assert refused(raw.encode()) == "unreadable"


def test_what_is_too_large_to_travel_is_not_sent() -> None:
    with pytest.raises(ValueError, match="too large"):
        said(body=Contact(name="x" * 500_000))
