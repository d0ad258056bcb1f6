"""What a what-if came to, as bars and rows a template can write down."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api.pages.render import money

NODES = 12
"""Nodes whose load is shown: those that send most."""
PARTS = ("transport", "parcels handled", "units picked", "penalty for what is not sent")

Figures = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Bar:
    """``parts``: (where it begins, how wide), of 100; ``text`` is its value in words."""

    parts: tuple[tuple[float, float], ...]
    text: str


@dataclass(frozen=True, slots=True)
class Pair:
    """As it was, and with the changes."""

    name: str
    was: Bar
    now: Bar


@dataclass(frozen=True, slots=True)
class Chart:
    title: str
    pairs: tuple[Pair, ...]
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Headline:
    """The policy that costs least with the changes, to the cent."""

    policy: str
    was: str
    now: str
    difference: str
    filled: str


Value = Callable[[Figures], Sequence[float]]


def headline(result: Mapping[str, Any]) -> Headline:
    least = reversed(result["changed"])  # of equals the one named last: rules to compare with come first
    now = min(least, key=lambda one: round(one["cost_per_order_minor"]))
    was = next(one for one in result["base"] if one["policy"] == now["policy"])
    before, after = was["cost_per_order_minor"], now["cost_per_order_minor"]
    currency = result["currency"]
    said = (money(before, currency), money(after, currency), _change(before, after))
    filled = f"{100 * now['line_fill']:.1f} % instead of {100 * was['line_fill']:.1f} %"
    return Headline(now["policy"], *said, filled)


def charts(result: Mapping[str, Any]) -> list[Chart]:
    """One for each figure people compare, every policy in it."""
    currency = result["currency"]

    def cost(one: Figures) -> Sequence[float]:
        names = ("transport_per_order_minor", "fixed_per_order_minor", "pick_per_order_minor")
        paid = [one[name] for name in names]
        return [*paid, one["cost_per_order_minor"] - one["paid_per_order_minor"]]

    plain: tuple[tuple[str, str, float, str], ...] = (
        ("Parcels an order", "parcels_per_order", 1, "{:.2f}"),
        ("Days to the last parcel", "days", 1, "{:.2f}"),
        ("Lines filled", "line_fill", 100, "{:.1f} %"),
        ("Orders on time", "on_time", 100, "{:.1f} %"),
        ("g CO₂ an order", "co2_kg_per_order", 1000, "{:,.1f}"),
    )
    found = [_chart("Cost an order", result, cost, lambda total: money(total, currency), PARTS)]
    for title, name, times, form in plain:
        found.append(_chart(title, result, _one(name, times), form.format))
    return found


def loads(result: Mapping[str, Any]) -> Chart:
    """Parcels of the busiest nodes, by the policy of the headline."""
    policy = headline(result).policy
    was, now = (_parcels(result[world], policy) for world in ("base", "changed"))
    busiest = sorted({*was, *now}, key=lambda node: (-max(was.get(node, 0), now.get(node, 0)), node))[:NODES]
    most = max([1, *was.values(), *now.values()])
    pairs = (Pair(node, _bar([was.get(node, 0)], most, "{:,.0f}".format),
                  _bar([now.get(node, 0)], most, "{:,.0f}".format)) for node in busiest)  # fmt: skip
    return Chart(f"Parcels a node sends, by {policy}", tuple(pairs))


def rows_of(result: Mapping[str, Any]) -> list[tuple[str, tuple[str, ...]]]:
    """Policy and, as "was → now", cost, paid, parcels, split, filled, days, on time, CO₂, SKUs out, gap."""

    def cells(was: Figures, now: Figures) -> tuple[str, ...]:
        def said(name: str, form: str, times: float = 1) -> str:
            return f"{form.format(was[name] * times)} → {form.format(now[name] * times)}"

        return (
            said("cost_per_order_minor", "{:,.2f}", 0.01),
            _change(was["cost_per_order_minor"], now["cost_per_order_minor"]),
            said("paid_per_order_minor", "{:,.2f}", 0.01),
            said("parcels_per_order", "{:.2f}"),
            said("split_share", "{:.1f} %", 100),
            said("line_fill", "{:.1f} %", 100),
            said("days", "{:.2f}"),
            said("on_time", "{:.1f} %", 100),
            said("co2_kg_per_order", "{:,.1f}", 1000),
            said("stock_outs", "{:,.0f}"),
            f"{_share(was)} → {_share(now)}",
        )

    return [
        (was["policy"], cells(was, now)) for was, now in zip(result["base"], result["changed"], strict=True)
    ]


def _chart(
    title: str,
    result: Mapping[str, Any],
    value: Value,
    said: Callable[[float], str],
    parts: Sequence[str] = (),
) -> Chart:
    worlds = [[value(one) for one in result[world]] for world in ("base", "changed")]
    most = max(1e-9, *(sum(values) for world in worlds for values in world))
    pairs = (
        Pair(one["policy"], _bar(was, most, said), _bar(now, most, said))
        for one, was, now in zip(result["base"], *worlds, strict=True)
    )
    return Chart(title, tuple(pairs), tuple(parts))


def _bar(values: Sequence[float], most: float, said: Callable[[float], str]) -> Bar:
    at, parts = 0.0, []
    for value in values:
        wide = 100 * max(0.0, value) / most
        parts.append((round(at, 3), round(wide, 3)))
        at += wide
    return Bar(tuple(parts), said(sum(values)))


def _one(name: str, times: float) -> Value:
    return lambda one: [times * one[name]]


def _parcels(world: Sequence[Figures], policy: str) -> dict[str, int]:
    nodes = next(one["nodes"] for one in world if one["policy"] == policy)
    return {node["node"]: node["parcels"] for node in nodes if node["parcels"]}


def least(result: Mapping[str, Any]) -> tuple[str, str] | None:
    """What no policy costs less than, as it was and with the changes; None where that was not computed."""
    was, now, currency = result.get("bound_base_minor"), result.get("bound_changed_minor"), result["currency"]
    return None if was is None or now is None else (money(was, currency), money(now, currency))


def _share(one: Figures) -> str:
    closed = one.get("gap_closed")
    return "–" if closed is None else f"{100 * closed:.0f} %"


def _change(before: float, after: float) -> str:
    return "–" if not before else f"{100 * (after - before) / before:+.1f} %"
