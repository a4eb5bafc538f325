"""Subjects: no ids in them, and no service may use what is another's."""

import re
from itertools import permutations
from string import ascii_lowercase, digits

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import link, subjects
from contracts.catalogue import COMMANDS, EVENTS, HANDLED_BY, QUERIES, SERVICES

REGION = "voorbeeld"
ONE_AND_ANOTHER = pytest.mark.parametrize(("one", "another"), list(permutations(SERVICES, 2)))


def covers(pattern: str, subject: str) -> bool:
    """NATS: `*` stands for one token, `>` for one or more at the end. Written for these tests.

    `subject` may itself be a pattern: then whether they have a subject in common.
    """
    ours, theirs = pattern.split("."), subject.split(".")
    for n, (our, their) in enumerate(zip(ours, theirs, strict=False)):
        if ">" in (our, their):
            return len(theirs) > n and len(ours) > n
        if our != their and "*" not in (our, their):
            return False
    return len(ours) == len(theirs)


def may(patterns: tuple[str, ...], subject: str) -> bool:
    return any(covers(pattern, subject) for pattern in patterns)


def test_the_tests_own_matching_knows_the_rules_of_nats() -> None:
    assert covers("a.*.c", "a.b.c")
    assert covers("a.>", "a.b.c")
    assert covers("a.b", "a.*")
    assert not covers("a.>", "a")
    assert not covers("a.*", "a.b.c")
    assert not covers("a.b.c", "a.b")


@ONE_AND_ANOTHER
def test_a_service_cannot_speak_for_another(one: str, another: str) -> None:
    publish = subjects.permissions(REGION, one).publish
    for event in SERVICES[another].EVENTS:
        assert not may(publish, subjects.event(REGION, another, event.__name__))
    assert not may(publish, subjects.event(REGION, another, "*"))
    assert not may(publish, subjects.head(REGION, another))
    assert not may(publish, f"$JS.API.STREAM.CREATE.{subjects.stream(another)}")


@ONE_AND_ANOTHER
def test_a_service_cannot_listen_where_another_is_spoken_to(one: str, another: str) -> None:
    subscribe = subjects.permissions(REGION, one).subscribe
    assert not may(subscribe, subjects.command(REGION, another, "*"))
    assert not may(subscribe, subjects.query(REGION, another, "*"))
    assert not may(subscribe, f"{subjects.inbox(another)}.>")


@ONE_AND_ANOTHER
def test_only_the_coordinator_instance_sends_commands(one: str, another: str) -> None:
    sends = may(subjects.permissions(REGION, one).publish, subjects.command(REGION, another, "*"))
    assert sends == (one == "coordinator")


@ONE_AND_ANOTHER
def test_a_service_reads_the_log_of_those_it_follows_and_no_other(one: str, another: str) -> None:
    follows = another in SERVICES[one].FOLLOWS
    allowed = subjects.permissions(REGION, one)
    stream = subjects.stream(another)
    assert may(allowed.publish, subjects.query(REGION, another, subjects.READ_LOG)) == follows
    assert may(allowed.publish, f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{one}") == follows
    assert may(allowed.subscribe, subjects.head(REGION, another)) == follows
    for third in SERVICES:
        if third != one:
            assert not may(allowed.publish, f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{third}")
            assert not may(allowed.publish, f"$JS.ACK.{stream}.{third}.1.2.3.4.5")


@ONE_AND_ANOTHER
def test_a_service_asks_those_that_it_says_it_asks(one: str, another: str) -> None:
    asks = another in SERVICES[one].ASKS
    publish = subjects.permissions(REGION, one).publish
    for query in SERVICES[another].QUERIES:
        asked = asks and query.__name__ in getattr(SERVICES[one], "QUESTIONS", [query.__name__])
        assert may(publish, subjects.query(REGION, another, query.__name__)) == asked


def test_the_link_asks_only_what_it_is_there_for() -> None:
    publish = subjects.permissions(REGION, "link").publish
    assert may(publish, subjects.query(REGION, "members", "GetPeople"))
    assert not may(publish, subjects.query(REGION, "members", "GetContacts"))
    assert not may(publish, subjects.query(REGION, "ledger", "GetStatement"))
    queries = {query.__name__ for asked in link.ASKS for query in SERVICES[asked].QUERIES}
    assert set(link.QUESTIONS) <= queries


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_may_do_its_own_work(service: str) -> None:
    allowed = subjects.permissions(REGION, service)
    for event in SERVICES[service].EVENTS:
        assert may(allowed.publish, subjects.event(REGION, service, event.__name__))
    for command in SERVICES[service].COMMANDS:
        assert may(allowed.subscribe, subjects.command(REGION, service, command.__name__))
    for query in SERVICES[service].QUERIES:
        assert may(allowed.subscribe, subjects.query(REGION, service, query.__name__))


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_stays_in_its_region_and_off_the_whole_bus(service: str) -> None:
    allowed = subjects.permissions(REGION, service)
    for pattern in (*allowed.publish, *allowed.subscribe):
        first, second, third, *_ = (*pattern.split("."), "", "")
        assert not {first, second} & {"*", ">"}
        assert first in ("wd", "$JS", "_INBOX")
        assert first != "wd" or third == REGION
    for wide in ("$JS.API.STREAM.DELETE.*", "$JS.API.STREAM.PURGE.*", "$SYS.>", "wd.net.>"):
        assert not may(allowed.publish, wide)
        assert not may(allowed.subscribe, wide)


def test_the_operator_watches_and_sends_but_speaks_for_no_service() -> None:
    allowed = subjects.operator_permissions(REGION)
    for service in SERVICES:
        assert not may(allowed.publish, subjects.event(REGION, service, "*"))
        assert not may(allowed.publish, subjects.head(REGION, service))
        assert not may(allowed.subscribe, f"{subjects.inbox(service)}.>")
        assert may(allowed.publish, subjects.command(REGION, service, "*"))


def test_no_subject_has_an_id() -> None:
    built = [
        *(subjects.event(REGION, service, name) for name in EVENTS for service in SERVICES),
        *(subjects.command(REGION, HANDLED_BY[kind], name) for name, kind in COMMANDS.items()),
        *(subjects.query(REGION, HANDLED_BY[kind], name) for name, kind in QUERIES.items()),
        *(subjects.head(REGION, service) for service in SERVICES),
    ]
    for subject in built:
        assert re.fullmatch(rf"wd\.(evt|cmd|qry|head)\.{REGION}\.[a-z]+(\.[A-Za-z]+)?", subject)


FIRST, OTHERS = st.sampled_from(ascii_lowercase), st.text(ascii_lowercase + digits + "-", max_size=31)


@given(st.builds("".join, st.tuples(FIRST, OTHERS)))
def test_a_good_region_name_stays_what_it_is(name: str) -> None:
    assert subjects.region_token(name) == name


@given(st.text(max_size=40))
def test_a_region_name_that_passes_is_one_token(name: str) -> None:
    token = accepted(name)
    assert token is None or (1 <= len(token) <= 32 and set(token) <= set(ascii_lowercase + digits + "-"))


def accepted(name: str) -> str | None:
    try:
        return subjects.region_token(name)
    except ValueError:
        return None


@pytest.mark.parametrize(
    "name", ["", "Utrecht", "utrecht.oost", "*", ">", "a b", "1e", "-a", "a\n", "é", "a" * 33, "a/b", "a\0"]
)
def test_a_name_that_would_be_more_than_one_token_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="use 1 to 32 lower-case letters"):
        subjects.region_token(name)
