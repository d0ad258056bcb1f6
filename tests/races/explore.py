"""Which schedules to run: all with few preemptions, or seeded ones.

Most races need few preemptions, so all schedules with at most two are run first (context bounding: Musuvathi
and Qadeer, PLDI 2007). Where a client ends or waits for a lock, every other one is tried, at no cost.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from tests.races.scheduler import Choose, Point, Run

Play = Callable[[Choose], Run]
"""Puts everything back as it was, and runs one schedule."""


class Diverged(AssertionError):
    """The same choices led to another place: something besides the schedule decides what happens."""


class Follow:
    """Chooses as told, then lets whoever runs go on."""

    def __init__(self, told: tuple[int, ...]) -> None:
        self._told = told
        self._at = 0

    def __call__(self, point: Point) -> int:
        """The next client."""
        at, self._at = self._at, self._at + 1
        if at >= len(self._told):
            return point.current if point.current is not None else point.ready[0]
        if self._told[at] not in point.ready:
            raise Diverged(f"step {at}: {self._told[at]} cannot go on, only {point.ready}")
        return self._told[at]


class Wander:
    """Goes over to another client now and then, by a seed."""

    def __init__(self, seed: int, switching: float = 0.2) -> None:
        self._dice = random.Random(seed)
        self._switching = switching

    def __call__(self, point: Point) -> int:
        """The next client."""
        if point.current is not None and self._dice.random() >= self._switching:
            return point.current
        return self._dice.choice(point.ready)


def bounded(play: Play, preemptions: int) -> Iterator[Run]:
    """Every schedule with at most so many preemptions, each once, those with the fewest first."""
    waiting: list[list[tuple[int, ...]]] = [[] for _ in range(preemptions + 1)]
    waiting[0].append(())
    while any(waiting):
        told = next(some for some in waiting if some).pop()
        run = play(Follow(told))
        yield run
        for used, other in _branches(run, len(told)):
            if used <= preemptions:
                waiting[used].append(other)


def wandering(play: Play, seeds: range) -> Iterator[Run]:
    """One schedule per seed."""
    for seed in seeds:
        yield play(Wander(seed))


def _branches(run: Run, since: int) -> Iterator[tuple[int, tuple[int, ...]]]:
    """What else could have been chosen from decision `since` on, and how many preemptions that makes."""
    used = 0
    for at, (point, choice) in enumerate(zip(run.points, run.choices, strict=True)):
        for other in point.ready if at >= since else ():
            if other != choice:
                yield used + (point.current not in (None, other)), (*run.choices[:at], other)
        used += point.current not in (None, choice)
