"""What the days came to: every order by its end, promises, what went wrong and how it was healed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from api.demo.day.desk import Json

WAITING = ("pending", "open", "partially_fulfilled", "on_hold")
ENDED = ("fulfilled", "closed", "cancelled")
TAKEN = ("delivered", "partially_accepted")
"""Outcomes at a door with which goods stayed there."""
WITHOUT_WORK = ("cancelled", "rejected", "expired", "completed")


@dataclass
class Life:
    """Counts of orders, units and events; money in minor units. ``ends``: orders by how they ended, those
    that wait by what for. ``healed``: what nodes gave back, by what became of the promise.
    """

    orders: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    ordered: int = 0
    reached: int = 0
    promises: Counter[str] = field(default_factory=Counter)
    given_back: Counter[str] = field(default_factory=Counter)
    healed: Counter[str] = field(default_factory=Counter)
    parcels: int = 0
    sent: int = 0
    deliveries: Counter[str] = field(default_factory=Counter)
    doors: Counter[str] = field(default_factory=Counter)
    pickups: Counter[str] = field(default_factory=Counter)
    returns: Counter[str] = field(default_factory=Counter)
    returned: Counter[str] = field(default_factory=Counter)
    captured_minor: int = 0
    refunded_minor: int = 0
    astray: list[str] = field(default_factory=list)
    unsettled: list[str] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """As JSON can say it."""
        kept, told = self.promises["kept"], self.promises.total()
        return {
            "orders": self.orders,
            "ends": dict(self.ends),
            "unit_fill": self.reached / max(1, self.ordered),
            "promises": dict(self.promises),
            "promises_kept": kept / max(1, told),
            "given_back": dict(self.given_back),
            "healed": dict(self.healed),
            "parcels_per_order": self.parcels / max(1, self.sent),
            "deliveries": dict(self.deliveries),
            "doors": dict(self.doors),
            "pickups": dict(self.pickups),
            "returns": dict(self.returns),
            "returned_units": dict(self.returned),
            "captured_minor": self.captured_minor,
            "refunded_minor": self.refunded_minor,
        }


def life_of(orders: Iterable[Json], returns: Iterable[Json]) -> Life:
    """Count the orders as `GET /v1/orders/{id}` shows them, and the returns."""
    life = Life()
    for order in orders:
        _count(life, order)
    for back in returns:
        life.returns[back["state"]] += 1
        for line in back["dispositions"]:
            life.returned[line["disposition"]] += line["quantity"]
    return life


def _count(life: Life, order: Json) -> None:
    life.orders += 1
    lines = order["lines"]
    life.ordered += sum(line["ordered"] for line in lines)
    life.reached += sum(line["delivered"] + line["refused"] for line in lines)
    end = _end(order)
    life.ends[end] += 1
    if end == "astray":
        life.astray.append(order["id"])
    sent = [one for one in order["shipments"] if one["state"] not in ("created", "labelled", "cancelled")]
    life.parcels += len(sent)
    life.sent += bool(sent)
    for one in sent:
        life.deliveries[one["state"]] += 1
    for door in _doors(order):
        life.doors[door["data"]["outcome"]] += 1
    for pickup in order["pickups"]:
        life.pickups[pickup["state"]] += 1
    money = order["money"]
    life.captured_minor += money["captured_minor"]
    life.refunded_minor += money["refunded_minor"]
    if not _settled(money, end):
        life.unsettled.append(order["id"])
    _promise(life, order, end)
    _heal(life, order)


def _end(order: Json) -> str:
    """fulfilled, closed, cancelled, or what it waits for."""
    if order["status"] in ENDED:
        return str(order["status"])
    lines = order["lines"]
    if any(job["state"] not in WITHOUT_WORK for job in order["fulfilment_orders"]):
        return "astray"
    if any(line["unrouted"] for line in lines):
        return "waiting: unroutable"
    if any(line["backordered"] for line in lines):
        return "waiting: back-ordered"
    return "astray"


def _settled(money: Mapping[str, int], end: str) -> bool:
    """What was taken and not given back is what is owed; nothing is taken for what never left."""
    held = money["captured_minor"] - money["refunded_minor"]
    nothing_yet = end.startswith("waiting") and not money["captured_minor"]
    return not money["refund_pending_minor"] and (nothing_yet or held == money["total_minor"])


def _promise(life: Life, order: Json, end: str) -> None:
    """Whether everything that reached its customer, or lay ready, did so within the window last promised."""
    window = order["promise"]["window"]
    at = _arrived(order)
    if window is None or at is None:
        return
    life.promises["kept" if at <= datetime.fromisoformat(window["to"]) else "late"] += 1


def _doors(order: Json) -> list[Json]:
    """What couriers told of this order's doors."""
    return [one for one in order["timeline"] if one["type"] == "stop.completed"]


def _arrived(order: Json) -> datetime | None:
    """When the last of it was there."""
    ready = [pickup["instants"]["ready"] for pickup in order["pickups"] if "ready" in pickup["instants"]]
    doors = [one["instants"]["delivered"] for one in order["shipments"] if "delivered" in one["instants"]]
    doors += [one["occurred_at"] or one["at"] for one in _doors(order) if one["data"]["outcome"] in TAKEN]
    return max(map(datetime.fromisoformat, ready or doors), default=None)


LOST_HOME = ("fulfilment.rejected", "fulfilment.expired", "task.short", "order.displaced")


def _heal(life: Life, order: Json) -> None:
    """What the order lost at a node, and whether the promise held all the same."""
    types = [one["type"] for one in order["timeline"]]
    given = [type for type in types if type in LOST_HOME]
    for type in given:
        life.given_back[type.rpartition(".")[2]] += 1
    if not given:
        return
    if "order.unroutable" in types and "order.resourced" not in types[types.index("order.unroutable") :]:
        life.healed["no home"] += 1
    elif "order.promise_changed" in types:
        life.healed["later promise"] += 1
    else:
        life.healed["promise kept"] += 1


def wrong_statuses(orders: Sequence[Json], replayed: Mapping[str, str]) -> list[str]:
    """Orders whose status cannot be rebuilt from their events."""
    return [order["id"] for order in orders if replayed.get(order["id"]) != order["status"]]
