"""A comparison of policies as one HTML file: charts as SVG, no script, nothing fetched from anywhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape

from routing.replay.report import Comparison, Figures, ranks, unbeaten

MINOR = 100
COLUMNS = ("policy", "cost", "paid", "parcels", "split", "filled", "days", "on time", "kg CO₂", "gap")
WIDTH, BAR, GAP, NAMES, VALUES = 640, 22, 6, 150, 90
NODES = 12
"""Nodes whose load is shown: those that send most."""
STYLE = """
:root { color-scheme: light dark; --ink: #1d2433; --paper: #fff; --line: #d5dae3;
  --bar: #3f6fb5; --ours: #1a7f5a; --mark: #b3261e }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e9f0; --paper: #151a23; --line: #3a4356;
    --bar: #7da7e8; --ours: #5fc79b; --mark: #ff8a80 } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 0 auto;
  max-width: 70rem; padding: 1rem }
main { display: grid; gap: 2rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 32rem), 1fr)) }
section { min-width: 0 }
h1 { line-height: 1.2 }
h2 { font-size: 1.1rem }
svg { width: 100%; height: auto }
svg text { fill: var(--ink); font: 13px system-ui, sans-serif }
@media (max-width: 40rem) { svg text { font-size: 19px } }
.scroll { overflow-x: auto; grid-column: 1 / -1 }
table { border-collapse: collapse }
th, td { padding: .25rem .6rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap }
th:first-child, td:first-child { text-align: left }
""".strip()
OURS = ("cheapest", "sparing", "lookahead", "lookahead + wave")


def report_html(found: Comparison, title: str) -> str:
    """The whole page."""
    policies = found.policies
    sections = [
        bars(
            "Cost an order", policies, lambda one: one.cost_per_order_minor / MINOR, "{:,.2f}", _bound(found)
        ),
        bars("Paid an order", policies, lambda one: one.paid_per_order_minor / MINOR, "{:,.2f}"),
        bars("Parcels an order", policies, lambda one: one.parcels_per_order, "{:.3f}"),
        bars("Lines filled", policies, lambda one: 100 * one.line_fill, "{:.1f} %"),
        bars("Days to the last parcel", policies, lambda one: one.days, "{:.2f}"),
        bars("Share of the gap closed", policies, lambda one: 100 * (one.gap_closed or 0.0), "{:.1f} %"),
        _pareto(policies),
        _load(policies),
        _table(policies),
    ]
    head = (
        f"{found.orders:,} orders, {found.lines:,} lines, {found.units:,} units; money in {found.currency}. "
        "The gap is the distance from <code>cheapest</code> down to what one could do who knew every order "
        "beforehand."
    )
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{STYLE}</style></head><body><h1>{escape(title)}</h1><p>{head}</p>"
        f"<main>{''.join(sections)}</main></body></html>\n"
    )


def _bound(found: Comparison) -> float | None:
    return None if found.bound_per_order_minor is None else found.bound_per_order_minor / MINOR


def bars(
    title: str,
    policies: Mapping[str, Figures],
    value: Callable[[Figures], float],
    form: str,
    mark: float | None = None,
) -> str:
    """One bar a policy; ``mark``: a line across, the clairvoyant bound."""
    values = {name: value(one) for name, one in policies.items()}
    most = max((*values.values(), mark or 0.0, 1e-9))
    room, height = WIDTH - NAMES - VALUES, len(values) * (BAR + GAP)
    drawn = []
    for row, (name, number) in enumerate(values.items()):
        top, wide = row * (BAR + GAP), max(0.0, number) / most * room
        colour = "var(--ours)" if name in OURS else "var(--bar)"
        drawn.append(
            f'<text x="0" y="{top + 16}">{escape(name)}</text>'
            f'<rect x="{NAMES}" y="{top}" width="{wide:.1f}" height="{BAR}" fill="{colour}"/>'
            f'<text x="{NAMES + wide + 6:.1f}" y="{top + 16}">{form.format(number)}</text>'
        )
    if mark is not None:
        x = NAMES + mark / most * room
        drawn.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="0" y2="{height}" stroke="var(--mark)" stroke-width="2"/>'
        )
        title += f" (line: clairvoyant bound, {form.format(mark)})"
    told = "; ".join(f"{name} {form.format(number)}" for name, number in values.items())
    return _figure(title, f"{title}: {told}", height, drawn)


def _pareto(policies: Mapping[str, Figures]) -> str:
    """Ranks in cost against ranks in days; the dot grows with parcels; a ring marks what nobody beats in all
    four.
    """
    best, side = unbeaten(policies), 300
    x = ranks({name: one.cost_per_order_minor for name, one in policies.items()})
    y = ranks({name: one.days for name, one in policies.items()})
    drawn = [
        f'<line x1="40" x2="{WIDTH - 20}" y1="{side}" y2="{side}" stroke="var(--line)"/>',
        f'<line x1="40" x2="40" y1="10" y2="{side}" stroke="var(--line)"/>',
        f'<text x="{WIDTH - 20}" y="{side + 20}" text-anchor="end">dearer →</text>',
        '<text x="48" y="20">slower ↑</text>',
    ]
    for name, one in policies.items():
        at_x, at_y = 60 + x[name] * (WIDTH - 220), side - 20 - y[name] * (side - 70)
        ring = ' stroke="var(--mark)" stroke-width="3"' if name in best else ""
        colour, radius = ("var(--ours)" if name in OURS else "var(--bar)"), 3 + 2 * one.parcels_per_order
        drawn.append(
            f'<circle cx="{at_x:.1f}" cy="{at_y:.1f}" r="{radius:.1f}" fill="{colour}"{ring}/>'
            f'<text x="{at_x + radius + 4:.1f}" y="{at_y + 4:.1f}">{escape(name)}</text>'
        )
    told = "Ringed: nobody else is as good in cost, days, parcels and CO₂ and better in one."
    names = f"{told} {', '.join(best)}"
    return _figure("Cost × days × parcels × CO₂, by rank", names, side + 30, drawn, told)


def _load(policies: Mapping[str, Figures]) -> str:
    """Parcels of the busiest nodes by policy."""
    total: dict[str, int] = {}
    for one in policies.values():
        for here in one.nodes:
            total[here.node] = total.get(here.node, 0) + here.parcels
    busiest = sorted(total, key=lambda node: (-total[node], node))[:NODES]
    head = "".join(f"<th>{escape(name)}</th>" for name in policies)
    rows = []
    for node in busiest:
        cells = (
            (here.parcels, here.stock_outs)
            for one in policies.values()
            for here in one.nodes
            if here.node == node
        )
        told = "".join(f"<td>{parcels:,} / {outs:,}</td>" for parcels, outs in cells)
        rows.append(f"<tr><td>{escape(node)}</td>{told}</tr>")
    return (
        '<section class="scroll"><h2>Parcels / SKUs that ran out, by node</h2>'
        f"<table><tr><th>node</th>{head}</tr>{''.join(rows)}</table></section>"
    )


def _table(policies: Mapping[str, Figures]) -> str:
    rows = "".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in (name, *cells(one)))}</tr>"
        for name, one in policies.items()
    )
    head = "".join(f"<th>{title}</th>" for title in COLUMNS)
    return f'<section class="scroll"><h2>All figures</h2><table><tr>{head}</tr>{rows}</table></section>'


def _figure(title: str, told: str, height: int, drawn: list[str], below: str = "") -> str:
    return (
        f'<section><h2>{escape(title)}</h2><svg viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-label="{escape(told)}">{"".join(drawn)}</svg><p>{escape(below)}</p></section>'
    )


def cells(one: Figures) -> tuple[str, ...]:
    """The figures of a policy in words, under ``COLUMNS`` after the first."""
    return (
        f"{one.cost_per_order_minor / MINOR:,.2f}",
        f"{one.paid_per_order_minor / MINOR:,.2f}",
        f"{one.parcels_per_order:.3f}",
        f"{one.split_share:.1%}",
        f"{one.line_fill:.1%}",
        f"{one.days:.2f}",
        f"{one.on_time:.1%}",
        f"{one.co2_kg_per_order:.3f}",
        "" if one.gap_closed is None else f"{one.gap_closed:.1%}",
    )
