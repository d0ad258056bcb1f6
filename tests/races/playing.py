"""Play a scenario under schedules, and judge each by what the same verbs do one after the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tests.races.explore import Play, bounded, wandering
from tests.races.scenarios import Scenario
from tests.races.scheduler import Choose, Program, Run
from tests.races.world import Outcome, Process, Verb, World


@dataclass
class Tally:
    """What was explored of one scenario."""

    scenario: str
    schedules: int = 0
    every_schedule_up_to: int | None = None
    """So many preemptions; None where schedules were seeded."""
    steps: int = 0
    lock_waits: int = 0
    deadlocks_retried: int = 0
    answers: Counter[tuple[tuple[str, ...], ...]] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def document(self) -> dict[str, object]:
        """As it is written down."""
        answers = {" | ".join(", ".join(said) for said in told): n for told, n in self.answers.most_common()}
        return {**vars(self), "answers": answers}


class Serial:
    """What the verbs do one after the other, in every order that keeps each client's own; found as needed."""

    def __init__(self, world: World, scenario: Scenario) -> None:
        self._world = world
        self._clients = scenario.clients
        self._left = _merges([len(verbs) for verbs in scenario.clients])
        self.found: set[Outcome] = set()

    def __contains__(self, outcome: Outcome) -> bool:
        while outcome not in self.found:
            turns = next(self._left, None)
            if turns is None:
                return False
            self.found.add(self._played(turns))
        return True

    def _played(self, turns: Sequence[int]) -> Outcome:
        self._world.restore()
        answers: list[list[str]] = [[] for _ in self._clients]
        for client in turns:
            verb = self._clients[client][len(answers[client])]
            answers[client].append(verb(self._world.processes[client]))
        return self._world.outcome(answers)


def explored(
    world: World, scenario: Scenario, *, preemptions: int | None, seeds: int, most: int | None = None
) -> Tally:
    """All schedules with at most so many preemptions, but no more than ``most``; then one per seed. What no
    serial history could have done is a fault.
    """
    world.begin(scenario.setup)
    serial, tally, play = Serial(world, scenario), Tally(scenario.name), _play(world, scenario)
    if preemptions is not None:
        for run in bounded(play, preemptions):
            _judge(world, serial, tally, run)
            if most is not None and tally.schedules >= most:
                tally.every_schedule_up_to = run.preemptions - 1
                break
        else:
            tally.every_schedule_up_to = preemptions
    for run in wandering(play, range(seeds)):
        _judge(world, serial, tally, run)
    return tally


def _play(world: World, scenario: Scenario) -> Play:
    def once(choose: Choose) -> Run:
        world.restore()
        pairs = zip(scenario.clients, world.processes, strict=False)
        return world.scheduler.run([_program(verbs, process) for verbs, process in pairs], choose)

    return once


def _program(verbs: Sequence[Verb], process: Process) -> Program:
    return lambda: tuple(verb(process) for verb in verbs)


def _judge(world: World, serial: Serial, tally: Tally, run: Run) -> None:
    tally.schedules += 1
    tally.steps += len(run.steps)
    tally.lock_waits += run.waits
    tally.deadlocks_retried += run.deadlocks
    tally.answers[run.results] += 1
    wrong = [f"the audit finds {one}" for one in world.audited()]
    found = world.outcome(run.results)
    if found not in serial:
        wrong.append(_unlike(found, serial.found))
    tally.faults += [f"{tally.scenario}, choices {run.choices}: {one}" for one in wrong]


def _unlike(found: Outcome, serial: set[Outcome]) -> str:
    """How the outcome differs from the serial one that is most like it."""
    same = [one for one in serial if one.answers == found.answers]
    if not same:
        return f"no serial history answers {found.answers}, only {sorted({one.answers for one in serial})}"
    nearest = min(same, key=lambda one: len(set(one.state) ^ set(found.state)))
    extra, missing = set(found.state) - set(nearest.state), set(nearest.state) - set(found.state)
    return f"answers {found.answers} leave {sorted(extra)} instead of {sorted(missing)}"


def _merges(left: list[int]) -> Iterator[tuple[int, ...]]:
    if not any(left):
        yield ()
    for client, verbs in enumerate(left):
        if verbs:
            rest = [n - (other == client) for other, n in enumerate(left)]
            yield from ((client, *more) for more in _merges(rest))
