"""What a figure is: two sides measured in turns, and what was wanted of them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import median
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Sample:
    """One timed round of one side.

    `value` is in the figure's unit. `cpu` is in seconds per 1,000 done, by who used it.
    Latencies are in milliseconds.
    """

    value: float
    cpu: Mapping[str, float] = field(default_factory=dict)
    p50_ms: float | None = None
    p99_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two that are compared, with all its rounds."""

    name: str
    samples: tuple[Sample, ...]

    @property
    def median(self) -> float:
        return median(sample.value for sample in self.samples)

    @property
    def values(self) -> tuple[float, ...]:
        return tuple(sample.value for sample in self.samples)

    @property
    def cpu(self) -> dict[str, float]:
        """Median CPU seconds per 1,000, by who used it."""
        who = self.samples[0].cpu
        return {name: median(sample.cpu.get(name, 0.0) for sample in self.samples) for name in who}

    def latency(self, which: Literal["p50_ms", "p99_ms"]) -> "Side":
        """The same rounds, with a latency as their value."""
        found = [(sample, getattr(sample, which)) for sample in self.samples]
        return Side(self.name, tuple(replace(sample, value=value) for sample, value in found))

    def as_json(self) -> dict[str, Any]:
        told: dict[str, Any] = {"name": self.name, "median": self.median, "rounds": list(self.values)}
        if self.cpu:
            told["cpu_seconds_per_1000"] = self.cpu
        for which in ("p50_ms", "p99_ms"):
            if all(getattr(sample, which) is not None for sample in self.samples):
                told[which] = median(getattr(sample, which) for sample in self.samples)
        return told


@dataclass(frozen=True, slots=True)
class Goal:
    """What is wanted: a bound on the ratio of ours to the other side, or on ours alone."""

    bound: float
    direction: Literal["at least", "at most"]
    of: Literal["ratio", "value"]

    def met_by(self, measured: float) -> bool:
        return measured >= self.bound if self.direction == "at least" else measured <= self.bound


def times_at_least(bound: float) -> Goal:
    return Goal(bound, "at least", "ratio")


def times_at_most(bound: float) -> Goal:
    return Goal(bound, "at most", "ratio")


def at_least(bound: float) -> Goal:
    return Goal(bound, "at least", "value")


def at_most(bound: float) -> Goal:
    return Goal(bound, "at most", "value")


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table. `unit` is of both sides' values: `/s`, `ms`, `s` or `MB`."""

    name: str
    what: str
    unit: str
    ours: Side
    goal: Goal
    against: Side | None = None

    @property
    def ratio(self) -> float:
        """Ours by the other side, or by the goal where there is no other side."""
        by = self.against.median if self.against is not None else self.goal.bound
        return self.ours.median / by

    @property
    def reached(self) -> bool:
        return self.goal.met_by(self.ratio if self.goal.of == "ratio" else self.ours.median)

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "what": self.what,
            "unit": self.unit,
            "ours": self.ours.as_json(),
            "against": self.against.as_json() if self.against is not None else None,
            "goal": {"bound": self.goal.bound, "direction": self.goal.direction, "of": self.goal.of},
            "ratio": self.ratio,
            "reached": self.reached,
        }


type Round = Callable[[], Awaitable[Sample]]
"""Runs one side once, for as long as a round lasts."""


async def in_turns(
    rounds: int, sides: Mapping[str, Round], done: Callable[[int], None] = lambda _: None
) -> dict[str, Side]:
    """Run every side `rounds` times, one after the other and again; `done` hears how many rounds are."""
    samples: dict[str, list[Sample]] = {name: [] for name in sides}
    for number in range(rounds):
        for name, run in sides.items():
            samples[name].append(await run())
        done(number + 1)
    return {name: Side(name, tuple(taken)) for name, taken in samples.items()}


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` (0 to 1) of `values` do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
