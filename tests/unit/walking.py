"""Random walks of state machines that must come past certain corners, and do so on every machine.

Which examples hypothesis draws hangs together with everything that is imported, not with the seed alone: one
round may miss a corner. So there are more rounds, each with examples of its own, until nothing is missing.
How many a round has is a matter of the profile (tests/conftest.py).
"""

from collections.abc import Callable, Collection
from typing import Any

from hypothesis import Phase, seed, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

ROUNDS = 24


def walk(
    machine: type[RuleBasedStateMachine],
    missing: Callable[[], Collection[Any]],
    *,
    examples: int,
    steps: int,
) -> None:
    """Run walks of at most `steps` steps, again and again until nothing is `missing`.

    `examples` is how many make a round where the profile asks for 300 examples of everything; as many fewer
    where it asks for fewer.
    """
    one_round = examples * settings.default.max_examples // 300
    for turn in range(ROUNDS):
        # The first round is hypothesis' own, so that --hypothesis-seed holds for it.
        walker = machine if turn == 0 else seed(turn)(type(machine.__name__, (machine,), {}))
        run_state_machine_as_test(
            walker,
            settings=settings(
                max_examples=one_round, stateful_step_count=steps, phases=[Phase.generate, Phase.shrink]
            ),
        )
        if not missing():
            return
    assert not missing(), f"{ROUNDS} random walks never came past {sorted(map(str, missing()))}"
