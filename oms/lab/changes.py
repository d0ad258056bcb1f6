"""What is different in a history that is played: nodes, tariffs, demand, stock. On a folder's values."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from oms.adapters.folder_values import Folder, Ints, Lanes, Texts, positions_of, texts
from routing.network_spec import SHIP

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

ALL = "*"
"""Every tariff."""
Table = TypeVar("Table", bound="DataclassInstance")


@dataclass(frozen=True, slots=True)
class NewNode:
    """A node that is added: it has the hours, costs, methods, limits and lanes of ``like``, and as much on
    its shelves.
    """

    id: str
    lat: float
    lon: float
    like: str


@dataclass(frozen=True, slots=True)
class Changes:
    """``close``: nodes that send nothing, their stock is out of reach; ``tariffs``: name (``ALL``) and what
    its prices are multiplied with; ``demand``, ``stock``: how many times as many orders, as many units.
    """

    close: tuple[str, ...] = ()
    add: tuple[NewNode, ...] = ()
    tariffs: tuple[tuple[str, float], ...] = ()
    demand: float = 1.0
    stock: float = 1.0

    def orders_of(self, orders: int) -> int:
        """How many orders these become."""
        return round(orders * self.demand)


class Why(StrEnum):
    """Why a name does not fit. ``IDLE``: the node sends no parcels, so that one like it would not either."""

    UNKNOWN = "unknown"
    EXISTS = "exists"
    IDLE = "idle"
    TWICE = "twice"


@dataclass(frozen=True, slots=True)
class Misfit:
    """A name in a change that cannot be played with this history. ``where`` is a JSON pointer."""

    where: str
    name: str
    why: Why = Why.UNKNOWN


def misfits(nodes: Mapping[str, bool], tariffs: Collection[str], changes: Changes) -> list[Misfit]:
    """Every name that does not fit; only where there is none a history is changed. ``nodes``: whether each
    sends parcels.
    """
    found = [Misfit(f"/close/{n}", name) for n, name in enumerate(changes.close) if name not in nodes]
    for n, new in enumerate(changes.add):
        if not nodes.get(new.like):
            found.append(Misfit(f"/add/{n}/like", new.like, Why.IDLE if new.like in nodes else Why.UNKNOWN))
    seen = set(nodes)
    for n, new in enumerate(changes.add):
        found += [Misfit(f"/add/{n}/id", new.id, Why.EXISTS)] if new.id in seen else []
        seen.add(new.id)
    named: set[str] = set()
    for n, (name, _) in enumerate(changes.tariffs):
        if name in named or name not in {ALL, *tariffs}:
            found.append(Misfit(f"/tariffs/{n}/tariff", name, Why.TWICE if name in named else Why.UNKNOWN))
        named.add(name)
    return found


def senders(folder: Folder) -> dict[str, bool]:
    """Whether each node sends parcels."""
    return {id: SHIP in methods for id, methods in zip(folder.nodes.id, folder.nodes.methods, strict=True)}


def changed(folder: Folder, changes: Changes, seed: int = 0) -> Folder:
    """The history with the changes. Equal arguments give equal folders; ``seed`` chooses the orders that
    come once more where ``demand`` is no whole number.
    """
    return _demanded(
        _tariffed(_closed(_added(_stocked(folder, changes.stock), changes), changes), changes), changes, seed
    )


def _stocked(folder: Folder, times: float) -> Folder:
    on_hand = np.rint(folder.stock.on_hand * times).astype(np.int64)
    return replace(folder, stock=replace(folder.stock, on_hand=on_hand))


def _added(folder: Folder, changes: Changes) -> Folder:
    nodes, stock, lanes = folder.nodes, folder.stock, folder.lanes
    for new in changes.add:
        row = positions_of(np.array([new.like], np.object_), folder.nodes.id)
        values: dict[str, Any] = {"id": new.id, "name": new.id, "lat": new.lat, "lon": new.lon}
        nodes = _with(nodes, _rows(folder.nodes, row), values)
        stock = _with(stock, _rows(stock, np.flatnonzero(folder.stock.node == new.like)), {"node": new.id})
        lanes = _laned(lanes, new)
    return replace(folder, nodes=nodes, stock=stock, lanes=lanes)


def _laned(lanes: Lanes, new: NewNode) -> Lanes:
    """With each lane of the node it is like once more for the new one, right below, because the first lane
    that fits wins.
    """
    own = np.flatnonzero(lanes.node == new.like)
    more = _rows(lanes, np.insert(np.arange(len(lanes.node)), own + 1, own))
    more.node[own + 1 + np.arange(len(own))] = new.id
    return more


def _closed(folder: Folder, changes: Changes) -> Folder:
    if not changes.close:
        return folder
    shut = np.isin(folder.nodes.id.astype(str), changes.close)
    methods = folder.nodes.methods.copy()
    for n in np.flatnonzero(shut):
        methods[n] = ()
    kept = np.flatnonzero(~np.isin(folder.stock.node.astype(str), changes.close))
    return replace(folder, nodes=replace(folder.nodes, methods=methods), stock=_rows(folder.stock, kept))


def _tariffed(folder: Folder, changes: Changes) -> Folder:
    times = np.ones(len(folder.tariffs.name))
    for name, factor in changes.tariffs:
        times[(folder.tariffs.name == name) | (name == ALL)] *= factor
    minor = np.rint(folder.tariffs.minor * times).astype(np.int64)
    return replace(folder, tariffs=replace(folder.tariffs, minor=minor))


def _demanded(folder: Folder, changes: Changes, seed: int) -> Folder:
    """Every order so many times, at the same instants; the part of one falls on orders by chance."""
    orders, lines = folder.orders, folder.lines
    if changes.demand == 1.0:
        return folder
    count = len(orders.id)
    whole, more = divmod(changes.orders_of(count), max(1, count))
    often = np.full(count, whole, np.int64)
    often[np.random.default_rng(seed).permutation(count)[:more]] += 1
    of = positions_of(lines.order, orders.id)
    row, no = _repeated(often)
    line, line_no = _repeated(often[of])
    again = _rows(orders, row), _rows(lines, line)
    return replace(
        folder,
        orders=replace(again[0], id=_copies(again[0].id, no)),
        lines=replace(again[1], order=_copies(again[1].order, line_no)),
    )


def _repeated(often: Ints) -> tuple[Ints, Ints]:
    """Row and number of each repetition, the first of a row is 0."""
    row = np.repeat(np.arange(len(often)), often)
    return row, np.arange(len(row)) - np.repeat(np.cumsum(often) - often, often)


def _copies(ids: Texts, no: Ints) -> Texts:
    return texts(f"{id}+{copy}" if copy else id for id, copy in zip(ids, no, strict=True))


def _rows(table: Table, rows: Ints) -> Table:
    columns = {field.name: getattr(table, field.name)[rows] for field in fields(table)}
    return replace(table, **columns)


def _with(table: Table, more: Table, values: dict[str, Any]) -> Table:
    """The table and more rows below, these with other ``values`` in some columns."""
    columns = {}
    for field in fields(table):
        column = getattr(more, field.name)
        if field.name in values:
            column = np.full(len(column), values[field.name], column.dtype)
        columns[field.name] = np.concatenate((getattr(table, field.name), column))
    return replace(table, **columns)
