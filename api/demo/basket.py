"""A real basket that shows something: every method can be had, and delivery takes two parcels."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx

from api.demo.play import Body
from api.demo.run import Run

TRIED = 300
LONGEST_NAME = 24
METHODS = ("ship", "pickup", "courier")

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Basket:
    """`source`: the order it was. `offer`: what `POST /v1/promises` answered to `asked`."""

    source: str
    lines: list[Json]
    asked: Json
    offer: Json

    def cheapest(self, method: str) -> Json | None:
        """The option of a method, with a date, that costs the customer least, the earliest of those."""
        found = [one for one in self.offer["options"] if one["method"] == method and one["window"]]
        return min(
            found, key=lambda one: (one["customer_price"]["amount_minor"], one["window"]["to"]), default=None
        )

    @property
    def methods(self) -> int:
        """How many methods can be had."""
        return sum(self.cheapest(method) is not None for method in METHODS)

    @property
    def telling(self) -> tuple[int, bool]:
        """What makes a basket worth showing: methods, then a delivery in two parcels."""
        shipped = self.cheapest("ship")
        return self.methods, shipped is not None and len(shipped["parcels"]) == 2


def find_basket(run: Run, http: httpx.Client) -> Basket | None:
    """The first that has it all, else the best of those tried; None where nothing can be had any more."""
    best: Basket | None = None
    for basket in _asked(run, http):
        if best is None or basket.telling > best.telling:
            best = basket
        if best.telling == (len(METHODS), True):
            break
    return best if best is not None and best.cheapest("ship") else None


def _asked(run: Run, http: httpx.Client) -> Iterator[Basket]:
    names = dict(zip(run.folder.skus.id, run.folder.skus.name, strict=True))
    few = [id for id, body in run.orders.items() if 2 <= len(body["lines"]) <= 4 and _distinct(body)]
    for source in few[:TRIED]:
        body = run.orders[source]
        lines = _named(body["lines"], names)
        asked = {
            "channel": body["channel"],
            "lines": [{name: line[name] for name in ("id", "sku", "quantity")} for line in lines],
            "destination": body["destination"],
        }
        answered = http.post("/v1/promises", json=asked)
        if answered.is_success:
            yield Basket(source, lines, asked, answered.json())


def _distinct(body: Body) -> bool:
    return len({line["sku"] for line in body["lines"]}) == len(body["lines"])


def _named(lines: list[Json], names: dict[str, str]) -> list[Json]:
    """Lines under the names of their articles, as explanations name lines by their id."""
    found: dict[str, Json] = {}
    for line in lines:
        name = _slug(names[line["sku"]] or line["sku"])
        found[name if name not in found else f"{name}-{line['id']}"] = line
    return [{**line, "id": name} for name, line in found.items()]


def _slug(name: str) -> str:
    words = re.findall(r"[a-z0-9]+", name.lower())
    short = words[:1] or ["article"]
    for word in words[1:]:
        if len("-".join([*short, word])) > LONGEST_NAME:
            break
        short.append(word)
    return "-".join(short)[:LONGEST_NAME]
