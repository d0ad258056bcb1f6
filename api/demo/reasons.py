"""A decision's explanation in a few sentences: each parcel, the closest losers, the others counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

LOSERS_SHOWN = 3
LOST = "lost"
WORDS = {"insufficient_stock": "lack the stock", "too_late": "would be too late"}
"""The commonest reasons as what a node does; others are shown by their name."""

Json = Mapping[str, Any]


def reasons(decision: Json) -> Iterator[str]:
    """Sentences of `GET /v1/orders/{id}/decisions`, the telling ones first."""
    found: list[Json] = decision["explanation"]
    yield from (one["sentence"] for one in found if one["kind"] in ("parcel", "unfilled"))
    nodes = [one for one in found if one["kind"] == "node"]
    shown = _closest([one for one in nodes if one["code"] == LOST])
    yield from (one["sentence"] for one in shown)
    yield from _others([one for one in nodes if one not in shown])
    gap = decision["plan"]["gap"]
    yield "No plan is cheaper: proved." if gap == 0 else f"No plan is more than {gap:.1%} cheaper: proved."


def _closest(lost: list[Json]) -> list[Json]:
    """The nearest misses, one for each term that made the difference as far as there are different ones."""
    lost = sorted(lost, key=lambda one: float(one["lost_by_minor"]))
    first = list({one["term"]: one for one in reversed(lost)}.values())
    rest = [one for one in lost if one not in first]
    chosen = (sorted(first, key=lambda one: float(one["lost_by_minor"])) + rest)[:LOSERS_SHOWN]
    return sorted(chosen, key=lambda one: float(one["lost_by_minor"]))


def _others(nodes: list[Json]) -> Iterator[str]:
    counts = Counter(_reason(one) for one in nodes)
    if counts:
        yield (
            "The other nodes: "
            + ", ".join(f"{number} {reason}" for reason, number in counts.most_common())
            + "."
        )


def _reason(one: Json) -> str:
    if one["code"] == LOST:
        return "cost more"
    reason = str(one["reasons"][0]["reason"] if one["reasons"] else one["code"])
    return WORDS.get(reason, reason.replace("_", " "))
