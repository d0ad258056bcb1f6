"""What the played orders came to: from the answers they were given and the decisions that were stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, select

from api.demo.play import Body
from oms.adapters.folder import Folder
from oms.store.order_tables import decision, order

TOUR = "tour-"
"""How the ids of orders begin that the tour places."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Per order played, refused ones included; the cost includes the penalty of every unit not sent."""

    cost_per_order_minor: float
    paid_per_order_minor: float
    parcels_per_order: float
    order_fill: float
    line_fill: float
    unit_fill: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """`oversold`: units sent beyond what the sample laid on the shelf, by node and SKU."""

    placed: int
    lines: int
    units: int
    figures: Figures
    oversold: Mapping[tuple[str, str], int]


def placed_ids(conn: Connection) -> set[str]:
    """The orders that are there."""
    return set(conn.scalars(select(order.c.id)))


def outcome(conn: Connection, folder: Folder, wanted: Mapping[str, Body]) -> Outcome:
    """Count the orders `wanted`, as they were placed."""
    asked = {id: _units(body["lines"], "quantity") for id, body in wanted.items()}
    units, lines = sum(sum(each.values()) for each in asked.values()), sum(map(len, asked.values()))
    placed = filled_orders = filled_lines = filled_units = parcels = paid_minor = 0
    taken: Counter[tuple[str, str]] = Counter()
    for id, text, planned in conn.execute(_placed()):
        if id not in asked:
            continue  # somebody's own, or the tour's, perhaps of units that came back since
        answer = orjson.loads(text)
        taken.update(_taken(answer["parcels"]))
        sent = _units(answer["lines"], "routed")
        whole = sum(sent[sku] == quantity for sku, quantity in asked[id].items())
        placed += 1
        filled_orders += whole == len(asked[id])
        filled_lines += whole
        filled_units += sum(sent.values())
        parcels += len(answer["parcels"])
        paid_minor += sum(parcel["cost_minor"] for parcel in planned)
    orders = max(1, len(asked))
    penalty_minor = (units - filled_units) * folder.network.unfilled_penalty_minor
    figures = Figures(
        cost_per_order_minor=(paid_minor + penalty_minor) / orders,
        paid_per_order_minor=paid_minor / orders,
        parcels_per_order=parcels / orders,
        order_fill=filled_orders / orders,
        line_fill=filled_lines / max(1, lines),
        unit_fill=filled_units / max(1, units),
    )
    return Outcome(placed, lines, units, figures, _beyond(taken, folder))


def _placed() -> Any:
    """Id, answer and planned parcels of every order; a parcel's cost is what is paid for it."""
    mine = (decision.c.reference == order.c.id) & (decision.c.trigger == "placed")
    return select(order.c.id, order.c.answer, decision.c.plan["parcels"]).join(decision, mine)


def _units(lines: Iterable[Mapping[str, Any]], member: str) -> Counter[str]:
    """Units by SKU: a SKU on two lines counts as one, as in the replay."""
    found: Counter[str] = Counter()
    for line in lines:
        found[line["sku"]] += line[member]
    return found


def _taken(parcels: Iterable[Mapping[str, Any]]) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    for parcel in parcels:
        for line in parcel["lines"]:
            found[parcel["node"], line["sku"]] += line["quantity"]
    return found


def _beyond(taken: Counter[tuple[str, str]], folder: Folder) -> dict[tuple[str, str], int]:
    stock = folder.stock
    sellable = (stock.on_hand - stock.safety_stock).clip(0).tolist()
    shelf = Counter(dict(zip(zip(stock.node, stock.sku, strict=True), sellable, strict=True)))
    return dict(taken - shelf)
