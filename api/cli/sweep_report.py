"""A sweep as one HTML file: in each world the front of policies, and how to install one of them."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from shlex import quote

from api.cli.replay_report import MINOR, STYLE, WIDTH, bars, cells
from oms.lab.sweep import Outcome
from routing.replay.report import ranks

HEAD = (
    "",
    "policy",
    "cost",
    "paid",
    "parcels",
    "split",
    "filled",
    "days",
    "on time",
    "kg CO₂",
    "gap",
    "seeds",
)
SIDE = 320
MORE = "code { overflow-wrap: anywhere } td:nth-child(2), th:nth-child(2) { text-align: left }"
SMALLEST, LARGEST = 5.0, 14.0
BARS = 20
"""So many of the front have a bar: those that cost least."""


def sweep_html(found: Sequence[Outcome], currency: str, title: str, kept: Path | None) -> str:
    """The whole page; ``kept``: the file that `anyshelf policy install` reads."""
    worlds = dict.fromkeys(one.world for one in found)
    sections = "".join(_world(world, [one for one in found if one.world == world], kept) for world in worlds)
    head = (
        f"Per order, money in {currency}; several seeds are averaged. Numbered: in the same world no other "
        "is as good in cost, days, parcels and CO₂ and better in one. Cost includes the penalty for units "
        "not sent. The gap is the distance from what <code>cheapest</code> costs down to what one could do "
        "who knew every order beforehand"
        + (
            "."
            if any(one.figures.gap_closed is not None for one in found)
            else "; sweep with --rounds for it."
        )
    )
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{STYLE}\n{MORE}</style></head><body><h1>{escape(title)}</h1>"
        f"<p>{head}</p><main>{sections}</main></body></html>\n"
    )


def _world(world: str, found: Sequence[Outcome], kept: Path | None) -> str:
    title = escape(world or "As it was")
    found = sorted(found, key=lambda one: one.figures.cost_per_order_minor)
    numbers = {one.policy: n for n, one in enumerate((one for one in found if one.front), 1)}
    return (
        f"{_chart(title, found, numbers)}{_installs(found, numbers, kept)}{_front(world, found, numbers)}"
        f"{_table(title, found, numbers)}"
    )


def _front(world: str, found: Sequence[Outcome], numbers: dict[str, int]) -> str:
    """Cost and share of the gap of the front by its numbers, where there is a bound."""
    title, bound = world or "As it was", found[0].bound_per_order_minor
    if bound is None:
        return ""
    shown = {f"{numbers[one.policy]}": one.figures for one in found if one.front}
    shown = dict(list(shown.items())[:BARS])
    return bars(
        f"{title}: cost an order",
        shown,
        lambda one: one.cost_per_order_minor / MINOR,
        "{:,.2f}",
        bound / MINOR,
    ) + bars(
        f"{title}: share of the gap closed", shown, lambda one: 100 * (one.gap_closed or 0.0), "{:.1f} %"
    )


def _chart(title: str, found: Sequence[Outcome], numbers: dict[str, int]) -> str:
    """Ranks in cost against ranks in days; a dot grows with parcels and darkens with CO₂."""
    x = ranks({one.policy: one.figures.cost_per_order_minor for one in found})
    y = ranks({one.policy: one.figures.days for one in found})
    size = ranks({one.policy: one.figures.parcels_per_order for one in found})
    dark = ranks({one.policy: one.figures.co2_kg_per_order for one in found})
    drawn = [
        f'<line x1="40" x2="{WIDTH - 20}" y1="{SIDE}" y2="{SIDE}" stroke="var(--line)"/>',
        f'<line x1="40" x2="40" y1="10" y2="{SIDE}" stroke="var(--line)"/>',
        f'<text x="{WIDTH - 20}" y="{SIDE + 20}" text-anchor="end">dearer →</text>',
        '<text x="48" y="20">slower ↑</text>',
    ]
    for one in sorted(found, key=lambda one: one.front):
        name = one.policy
        at_x, at_y = 60 + x[name] * (WIDTH - 120), SIDE - 24 - y[name] * (SIDE - 70)
        radius = SMALLEST + (LARGEST - SMALLEST) * size[name]
        ring = ' stroke="var(--mark)" stroke-width="3"' if one.front else ""
        drawn.append(
            f'<circle cx="{at_x:.1f}" cy="{at_y:.1f}" r="{radius:.1f}" fill="var(--ours)" '
            f'fill-opacity="{0.25 + 0.65 * dark[name]:.2f}"{ring}><title>{escape(name)}</title></circle>'
        )
        if one.front:
            drawn.append(f'<text x="{at_x + radius + 4:.1f}" y="{at_y + 5:.1f}">{numbers[name]}</text>')
    told = escape(f"{title}, cost against days by rank; nothing beats {', '.join(numbers)}")
    return (
        f"<section><h2>{title}: cost × days × parcels × CO₂, by rank</h2>"
        f'<svg viewBox="0 0 {WIDTH} {SIDE + 30}" role="img" aria-label="{told}">{"".join(drawn)}</svg>'
        "<p>A dot grows with parcels and darkens with CO₂; who sends less emits less.</p></section>"
    )


def _installs(found: Sequence[Outcome], numbers: dict[str, int], kept: Path | None) -> str:
    """What to run for each of the front that the product can route by."""
    file = quote(str(kept)) if kept is not None else "SWEEP.json"
    rows = "".join(
        f"<li value={numbers[one.policy]}><code>anyshelf policy install {escape(file)} "
        f"{escape(quote(one.policy))}</code></li>"
        for one in found
        if one.front and one.install is not None
    )
    told = "" if kept is not None else "<p>Sweep again with <code>--out SWEEP.json</code> to keep them.</p>"
    return f"<section><h2>Install one</h2>{told}<ol>{rows}</ol></section>" if rows else ""


def _table(title: str, found: Sequence[Outcome], numbers: dict[str, int]) -> str:
    rows = "".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in _row(one, numbers))}</tr>" for one in found
    )
    head = "".join(f"<th>{title}</th>" for title in HEAD)
    return f'<section class="scroll"><h2>{title}: all</h2><table><tr>{head}</tr>{rows}</table></section>'


def _row(one: Outcome, numbers: dict[str, int]) -> tuple[str, ...]:
    seeds = len(one.digests)
    spread = f"{seeds}: {one.cost_from / MINOR:,.2f}–{one.cost_to / MINOR:,.2f}" if seeds > 1 else "1"
    return (str(numbers.get(one.policy, "")), one.policy, *cells(one.figures), spread)
