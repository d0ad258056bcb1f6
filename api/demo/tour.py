"""The tour: what the API answered, in words. Every figure is from a response or a replay of this run."""

from __future__ import annotations

import shlex
from datetime import datetime
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from api.cli.console import out
from api.demo.basket import METHODS, Basket, find_basket
from api.demo.day.show import lines_of
from api.demo.figures import TOUR
from api.demo.reasons import reasons
from api.demo.run import Run
from api.demo.summary import OURS
from api.naming import in_names

SYMBOLS = {"USD": "$", "GBP": "£"}
POLICY_NAMES = {"nearest": "nearest", "fewest_parcels": "fewest parcels", OURS: "Anyshelf"}
MARK = {True: "[green]✓[/]", False: "[bold red]✗[/]"}
NEAREST_SHOWN = 3

Json = dict[str, Any]


def show(run: Run) -> None:
    """Print the whole tour of one sample."""
    _say_what_was_played(run)
    with run.client() as http:
        basket = find_basket(run, http)
        if basket is None:
            out.print("\nNothing of any small basket is left to sell, so there is nothing to order.")
        else:
            _availability(run, basket, _answer(http.post("/v1/availability", json=_ask(basket))))
            _options(run, basket)
            placed = _place(http, basket)
            _order(run, placed)
            found = _answer(http.get(f"/v1/orders/{placed['id']}/decisions"))
            _why(placed, found["decisions"][0])
    _life(run)
    _comparison(run)
    _checks(run)


def show_addresses(run: Run) -> None:
    """Print where to go on."""
    _heading("Look around", "until ctrl-c")
    where = " ".join(f"{name}={shlex.quote(value)}" for name, value in run.place.environ.items())
    rows = (
        ("pages", f"{run.url}/app/"),
        ("API reference", f"{run.url}/docs"),
        ("OpenAPI", f"{run.url}/openapi.json"),
        ("key to sign in", run.place.key),
        ("other commands", f"{where} .venv/bin/anyshelf audit"),
    )
    for name, value in rows:
        out.print(f"   {name:<15} [bold]{escape(value)}[/]", highlight=False, soft_wrap=True)


def _say_what_was_played(run: Run) -> None:
    summary, folder = run.summary, run.folder
    out.rule(f"[bold]Anyshelf on real data: {run.sample.title}[/]")
    found = summary.outcome
    _print(
        f"{len(folder.nodes.id)} nodes, {len(folder.skus.id):,} SKUs, {len(folder.stock.node):,} shelves; "
        f"{summary.orders:,} real orders of {found.lines:,} lines through PUT /v1/orders/{{id}}."
    )
    answers = summary.answers
    if answers.sent < summary.orders:
        _print(f"{summary.orders - answers.sent:,} of them are there from an earlier run.")
    else:
        most = max(len(body["lines"]) for body in run.orders.values())
        _print(
            f"Answered at {answers.sent / max(answers.seconds, 0.001):,.0f} a second, half of them within "
            f"{1000 * median(answers.took_s):,.0f} ms; the largest has {most} lines."
        )
    refused = ", ".join(f"{number:,} × {code}" for code, number in sorted(answers.refused.items()))
    _print(
        f"{found.placed:,} placed in {found.figures.parcels_per_order:.2f} parcels an order, "
        f"refused by name: {refused or 'none'}."
    )


def _ask(basket: Basket) -> Json:
    place = basket.asked["destination"]
    near = {"lat": place["lat"], "lon": place["lon"]}
    return {"skus": [basket.lines[0]["sku"]], "near": near, "detail": "node", "limit_nodes": 1000}


def _availability(run: Run, basket: Basket, answered: Json) -> None:
    _heading("1  What is there", "POST /v1/availability")
    item = answered["items"][0]
    nodes = [node for node in item["nodes"] if node["available"]]
    methods = ", ".join(name for name, can in item["methods"].items() if can)
    _print(
        f"{_name(run, item['sku'])}: {item['available']:,} to sell from {_counted(len(nodes), 'node')}, "
        f"by {methods}. Nearest to a customer in {_place_of(basket)}:"
    )
    for node in sorted(nodes, key=lambda one: one["distance_m"])[:NEAREST_SHOWN]:
        km = node["distance_m"] / 1000
        _print(f"{km:>5,.0f} km   {node['available']:>3} at {_node(run, node['node'])}")


def _options(run: Run, basket: Basket) -> None:
    _heading("2  How it can reach the customer", "POST /v1/promises")
    lines = ", ".join(f"{line['quantity']} × {_name(run, line['sku'])}" for line in basket.lines)
    _print(f"The basket of real order {basket.source}: {lines}.")
    table = _table("method", "when", ">customer", ">shop", ">parcels")
    for method in METHODS:
        option = basket.cheapest(method)
        if option is None:
            why = [one["detail"] for one in basket.offer["unavailable"] if one["method"] == method]
            table.add_row(method, why[0] if why else "not for this basket")
            continue
        costs = option["cost_to_serve"]
        paid = costs["transport_minor"] + costs["fixed_minor"] + costs["pick_minor"]
        table.add_row(
            method,
            _window(run, option),
            _money(run, option["customer_price"]["amount_minor"]),
            _money(run, paid),
            str(len(option["parcels"])),
        )
    _show(table)


def _place(http: Any, basket: Basket) -> Json:
    number = 1
    while http.get(f"/v1/orders/{TOUR}{number}").is_success:
        number += 1
    option = basket.cheapest("ship")
    assert option is not None, "a basket without delivery is not found"
    body = {
        "channel": basket.asked["channel"],
        "currency": option["customer_price"]["currency"],
        "destination": basket.asked["destination"],
        "lines": basket.lines,
        "quote_id": basket.offer["quote_id"],
        "option_id": option["option_id"],
    }
    return _answer(http.put(f"/v1/orders/{TOUR}{number}", json=body))


def _order(run: Run, placed: Json) -> None:
    _heading("3  The order, exactly as promised", f"PUT /v1/orders/{placed['id']}")
    money, when = placed["money"], _window(run, {**placed, "window": placed["promise"]["window"]})
    _print(
        f"{placed['id']} is {placed['status']}: goods {_money(run, money['lines_minor'])}, "
        f"delivery {_money(run, money['shipping_minor'])}; arrives {when}."
    )
    for parcel in placed["parcels"]:
        what = ", ".join(f"{line['quantity']} × {line['id']}" for line in parcel["lines"])
        _print(f"{_node(run, parcel['node'])}: {what}")


def _why(placed: Json, decision: Json) -> None:
    """Explanations name articles by SKU; here they go by the names the tour has given them."""
    _heading("4  Why so", "GET /v1/orders/{id}/decisions")
    names = {line["sku"]: line["id"] for line in placed["lines"]}
    for sentence in reasons(decision):
        _print(in_names(sentence, names))


def _life(run: Run) -> None:
    _heading("5  The days after", "nodes, couriers, carriers, customers, each with a key")
    for line in lines_of(run.summary.lived, lambda minor: _money(run, minor)):
        _print(line)


def _comparison(run: Run) -> None:
    summary = run.summary
    penalty = _money(run, summary.unfilled_penalty_minor)
    _heading("6  The same orders, other policies", f"per order; a unit not sent costs {penalty}")
    table = _table("policy", ">cost", ">paid", ">parcels", ">lines filled", ">units filled")
    for name, found in summary.policies.items():
        table.add_row(
            POLICY_NAMES[name],
            _money(run, found.cost_per_order_minor),
            _money(run, found.paid_per_order_minor),
            f"{found.parcels_per_order:.2f}",
            f"{found.line_fill:.1%}",
            f"{found.unit_fill:.1%}",
            style="bold" if name == OURS else "",
        )
    _show(table)


def _checks(run: Run) -> None:
    _heading("7  What must hold", "anyshelf audit")
    for check in run.summary.checks:
        _print(f"{MARK[check.holds]} {check.name.replace('_', ' ')}: {check.found}", markup=True)


def _heading(what: str, how: str) -> None:
    out.print(f"\n[bold]{what}[/]   [dim]{escape(how)}[/]", highlight=False)


def _print(text: str, markup: bool = False) -> None:
    out.print(Padding(text if markup else escape(text), (0, 0, 0, 3), expand=False), highlight=False)


def _table(*columns: str) -> Table:
    """Columns beginning with > are figures."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in columns:
        figure = column.startswith(">")
        table.add_column(column.lstrip(">"), justify="right" if figure else "left", no_wrap=column != "from")
    return table


def _show(table: Table) -> None:
    out.print(Padding(table, (0, 0, 0, 3), expand=False), highlight=False)


def _answer(response: Any) -> Json:
    document: Json = response.raise_for_status().json()
    return document


def _money(run: Run, minor: float) -> str:
    return f"{SYMBOLS.get(run.summary.currency, run.summary.currency + ' ')}{minor / 100:,.2f}"


def _name(run: Run, sku: str) -> str:
    at = run.folder.skus.id.tolist().index(sku)
    return str(run.folder.skus.name[at]) or sku


def _node(run: Run, node: str) -> str:
    at = run.folder.nodes.id.tolist().index(node)
    return f"{node}, {run.folder.nodes.name[at]}"


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def _place_of(basket: Basket) -> str:
    return str(basket.asked["destination"]["postcode"])


def _window(run: Run, shown: Json) -> str:
    """In the wall clock of the node that sends first."""
    at = run.folder.nodes.id.tolist().index(shown["parcels"][0]["node"])
    zone = ZoneInfo(run.folder.nodes.timezone[at])
    first, last = (datetime.fromisoformat(shown["window"][end]).astimezone(zone) for end in ("from", "to"))
    if first == last:
        return f"{first:%a %-d %b %H:%M}"
    if first.date() == last.date():
        return f"{first:%a %-d %b %H:%M}–{last:%H:%M}"
    return f"{first:%a %-d} to {last:%a %-d %b %H:%M}"
