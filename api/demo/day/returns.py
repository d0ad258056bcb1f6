"""Customers bring back what they really brought back: through the channel and to the node that chance picks,
which are hardly ever those they bought from. What, how many and by whom are the sample's; when, where and in
which condition are not told by it.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from api.demo.day.chance import pick, throw
from api.demo.day.desk import OFFICE, SHOP, Desk, Json
from api.demo.day.staff import staff

FILE = "returns.csv"
REASONS = ("changed_mind", "not_as_described", "faulty", "too_small", "wrong_item")
COUNTER = 0.6
FOUND = (("new", 0.8), ("opened", 0.9), ("damaged", 1.0))
SOONEST, LATEST = timedelta(days=2), timedelta(days=6)


@dataclass(frozen=True, slots=True)
class Wish:
    """What one customer brings back of one order at a time: units by SKU, ``after`` the day began."""

    id: str
    order: str
    units: Counter[str]
    after: timedelta


def wishes(folder: Path, orders: Collection[str]) -> list[Wish]:
    """The sample's returns of these orders, the first to come first."""
    if not (folder / FILE).exists():
        return []
    found: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    with (folder / FILE).open(newline="") as rows:
        for row in csv.DictReader(rows):
            if row["order"] in orders:
                found[row["order"], row["returned_at"]][row["sku"]] += int(row["quantity"])
    made = []
    for (order, at), units in found.items():
        day = SOONEST + (LATEST - SOONEST) * throw("back", order, at)
        made.append(Wish(f"back-{order}-{at[:10]}-{at[11:13]}{at[14:16]}", order, units, day))
    return sorted(made, key=lambda wish: (wish.after, wish.id))


def bring_back(desk: Desk, wish: Wish, nodes: Sequence[str]) -> None:
    """From the announcement to a place for every unit."""
    order = desk.get(OFFICE, f"/v1/orders/{wish.order}")
    lines = _lines(order, wish) if order else []
    if order is None or not lines:
        return
    node = pick(nodes, "where", wish.id)
    body: Json = {"id": wish.id, "lines": lines}
    if throw("how", wish.id) < COUNTER:
        body |= {"channel": "store", "method": "counter", "node": node, "received": True}
        made = desk.post(staff(node), "/v1/returns", body)
    else:
        body |= {"method": "ship", "node": node, "order_tokens": [order["order_token"]]}
        made = desk.post(SHOP, "/v1/returns", body)
        if made and made["state"] == "approved":
            desk.post(staff(node), f"/v1/returns/{wish.id}/send", {"reference": f"parcel {wish.id}"})
            made = desk.post(staff(node), f"/v1/returns/{wish.id}/receive", {"node": node})
    if made:
        inspect(desk, node, made)


def inspect(desk: Desk, node: str, made: Json) -> None:
    """Each unit is looked at by itself."""
    lines = []
    for line in made["lines"]:
        conditions = Counter(_condition(made["id"], line["no"], unit) for unit in range(line["received"]))
        found = [{"quantity": n, "condition": name, "refund": True} for name, n in conditions.items()]
        if found:
            lines.append({"no": line["no"], "dispositions": found})
    if lines:
        desk.post(staff(node), f"/v1/returns/{made['id']}/inspect", {"lines": lines})


def _condition(id: str, no: int, unit: int) -> str:
    luck = throw("condition", id, str(no), str(unit))
    return next(name for name, below in FOUND if luck < below)


def _lines(order: Json, wish: Wish) -> list[Json]:
    """Units the customer still has; what was short or refused cannot be brought back."""
    left, lines = Counter(wish.units), []
    for line in order["lines"]:
        units = min(left[line["sku"]], line["delivered"] + line["refused"] - line["returned"])
        if units > 0 and line["delivered"]:
            units = min(units, line["delivered"])
            left[line["sku"]] -= units
            reason = pick(REASONS, "why", wish.id, line["id"])
            lines.append({"order": wish.order, "line": line["id"], "quantity": units, "reason": reason})
    return lines


def due(wished: list[Wish], began: datetime, now: datetime) -> list[Wish]:
    """Those that come by now; they are taken from the list."""
    come = [wish for wish in wished if began + wish.after <= now]
    wished[:] = wished[len(come) :]
    return come
