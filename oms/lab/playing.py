"""One task of a sweep: what a policy with weights comes to in a world, or what nobody can beat there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from functools import lru_cache

import numpy as np

from oms.adapters.folder_replay import replay_of
from oms.adapters.folder_values import Folder
from oms.lab.changes import Changes, changed
from routing.policy import Policy
from routing.replay.clairvoyant import clairvoyant
from routing.replay.foresight import Outlook
from routing.replay.policies import POLICIES
from routing.replay.report import Figures, figures
from routing.replay.run import Rejects
from routing.replay.simulate import Settings, simulate
from routing.replay.stream import Ground, Stream

WORLDS_KEPT = 2


@dataclass(frozen=True, slots=True)
class World:
    """What happens to all policies alike. Orders before ``since`` are only learned from, those from ``until``
    on are left out; both in UTC. ``reject_rate``: share of units that are not on their shelf.
    """

    changes: Changes = field(default_factory=Changes)
    promise_days: int = 5
    reject_rate: float = 0.0
    seed: int = 0
    since: datetime | None = None
    until: datetime | None = None

    @property
    def stream(self) -> World:
        """Equal for worlds of the same network, stock and orders."""
        chosen = self.seed if self.changes.demand % 1 else 0
        return World(self.changes, seed=chosen, since=self.since, until=self.until)


@dataclass(frozen=True, slots=True)
class Weights:
    """What a decision feels beside what is paid, as in ``routing.policy``; None: as the history says."""

    parcel_minor: float | None = None
    late_day_minor: float | None = None
    breadth_weight: float | None = None


@dataclass(frozen=True, slots=True)
class Variant:
    """``policy`` is one of ``routing.replay.policies``."""

    policy: str
    weights: Weights = field(default_factory=Weights)
    world: World = field(default_factory=World)


@dataclass(frozen=True, slots=True)
class Bounding:
    """The clairvoyant bound of all worlds of one ``stream``, lifted by ``rounds``."""

    stream: World
    rounds: int


Task = Variant | Bounding
Done = Figures | float
"""The figures of a variant, or a bound on the cost an order in minor units."""


def passes(task: Task) -> int:
    """How often all orders are gone through for it."""
    return 1 if isinstance(task, Variant) else task.rounds


def perform(folder: Folder, task: Task, told: Callable[[int], None] | None = None) -> Done:
    """What it comes to, the same in whichever process; a bound tells how many of its rounds are done. Raises
    FolderRefused as ``play``.
    """
    return play(folder, task) if isinstance(task, Variant) else bound(folder, task, told)


def play(folder: Folder, variant: Variant, progress: Callable[[int], None] | None = None) -> Figures:
    """The figures of one variant: the same, digest and all, in whichever process. Raises FolderRefused where
    an order has no coordinates. The share of the gap is not computed.
    """
    ground, stream, past = _world(folder, variant.world.stream)
    felt = felt_by(folder, variant)
    ground = replace(
        ground,
        parcel_minor=felt["parcel_minor"],
        late_day_minor=felt["late_day_minor"],
        breadth_weight=felt["breadth_weight"],
    )
    world = variant.world
    settings = Settings(
        Rejects(world.reject_rate, world.seed), world.promise_days, past, Outlook(seed=world.seed)
    )
    replay = simulate(ground, stream, POLICIES[variant.policy], settings, progress)
    return figures(variant.policy, replay, ground)


def bound(folder: Folder, asked: Bounding, told: Callable[[int], None] | None = None) -> float:
    """What an order costs at least in minor units, whoever decides. Nothing is felt in it, because what is
    felt differs from variant to variant.
    """
    ground, stream, past = _world(folder, asked.stream)
    paid_only = replace(ground, parcel_minor=0.0, late_day_minor=0.0)
    orders = max(1, len(stream.order_ids) - past)
    return clairvoyant(paid_only, stream, asked.rounds, past, told).bound_minor / orders


def left_to_play(folder: Folder, world: World) -> int:
    """How many orders of the history are played in this world."""
    orders = changed(folder, Changes(demand=world.changes.demand), world.seed).orders
    at = orders.placed_at
    played = np.ones(len(at), np.bool_)
    if world.since is not None:
        played &= at >= _instant(world.since)
    if world.until is not None:
        played &= at < _instant(world.until)
    return int(played.sum())


def felt_by(folder: Folder, variant: Variant) -> dict[str, float]:
    """Its weights, those of the history where it has none of its own."""
    said, usual = folder.network.policy, Policy()
    return {
        name: float(said.get(name, getattr(usual, name)) if value is None else value)
        for name, value in asdict(variant.weights).items()
    }


@lru_cache(maxsize=WORLDS_KEPT)
def _world(folder: Folder, world: World) -> tuple[Ground, Stream, int]:
    """Arrays of a ``World.stream`` and how many first orders are the past; folders are told apart by
    identity.
    """
    ground, stream = replay_of(changed(folder, world.changes, world.seed))
    if world.until is not None:
        stream = stream.part(0, _before(stream, world.until))
    return ground, stream, 0 if world.since is None else _before(stream, world.since)


def _before(stream: Stream, at: datetime) -> int:
    return int(np.searchsorted(stream.placed_at, _instant(at)))


def _instant(at: datetime) -> np.datetime64:
    return np.datetime64(at.replace(tzinfo=None), "us")
