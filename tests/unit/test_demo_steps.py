"""A step that fails is shown with what was expected and what came, and ends its chapter."""

import io

import pytest
from rich.console import Console

from services.region.demo.steps import NotAsExpected, Steps, expect, until
from services.region.progress import Screen


@pytest.fixture
def shown() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def steps(shown: io.StringIO) -> Steps:
    return Steps(Screen(Console(file=shown, width=100)))


def test_good_steps_are_shown_with_what_they_tell(steps: Steps, shown: io.StringIO) -> None:
    with steps.step("Noor confirms") as say:
        say("201")
    assert steps.ok
    assert "✓ Noor confirms" in shown.getvalue()
    assert [step["said"] for step in steps.as_json()] == [["201"]]


@pytest.mark.parametrize(
    ("broken", "expected", "came"),
    [
        (lambda: expect(-60, 60, "minutes"), "minutes: 60", "-60"),
        (lambda: {}["helpers"], "an answer", "KeyError: 'helpers'"),
    ],
)
def test_a_failed_step_says_how_it_should_have_been_and_the_rest_is_left_out(
    steps: Steps, shown: io.StringIO, broken: object, expected: str, came: str
) -> None:
    def tell() -> None:
        with steps.step("Hours are booked"):
            assert callable(broken)
            broken()
        pytest.fail("what follows must be left out")

    steps.chapter("The main job", tell)
    steps.chapter("The next", lambda: None)
    assert not steps.ok
    assert (steps.made[0].expected, steps.made[0].came) == (expected, came)
    assert f"expected: {expected}" in shown.getvalue()
    assert "The next" in shown.getvalue()


def test_waiting_ends_with_what_was_seen_last() -> None:
    assert until(iter([1, 2, 3]).__next__, lambda n: n == 3, "three") == 3
    with pytest.raises(NotAsExpected) as no:
        until(lambda: 1, lambda n: n == 3, "three", seconds=0.1)
    assert (no.value.expected, no.value.came) == ("three, within 0 s", "1")


def test_a_line_to_copy_is_whole_also_on_a_narrow_terminal(shown: io.StringIO) -> None:
    line = f"export KEY={'x' * 90} && sh refer.sh [referral].json"
    Screen(Console(file=shown, width=40, force_terminal=True)).copyable(line)
    assert shown.getvalue() == f"{line}\n"
