"""`anyshelf safety-stock`: how many units channels had better not promise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table

from api.cli.console import UNAVAILABLE, USAGE, Json, done, fail, out, print_json, tools
from oms.actors import SYSTEM
from oms.usecases.safety_stocks import Costs, Proposal, propose
from routing.forecast.methods import NoForecasts

app = typer.Typer()


@app.command()
def safety_stock(
    node: Annotated[str, typer.Argument(help="The node whose shelves are looked at.")],
    cancel: Annotated[
        list[str], typer.Option(help="CHANNEL=MINOR: what a unit costs that cannot be sent after all.")
    ],
    margin: Annotated[
        float, typer.Option(min=0.01, max=1, help="Share of the price that is lost with a sale.")
    ] = 0.3,
    lag_days: Annotated[float, typer.Option(min=0.05, help="How late the books learn of till sales.")] = 1.0,
    set_it: Annotated[bool, typer.Option("--apply", help="Set what is proposed.")] = False,
    json: Json = False,
) -> None:
    """Propose a safety stock for every SKU of NODE that has a price, by channel.

    It is reckoned from what tills sold and pickers found.

    Channels that are not named keep as much as the most careful one. Needs the extra `forecast`.
    """
    costs = Costs(margin, _by_channel(cancel), lag_days)
    try:
        with tools() as using:
            found = propose(using, SYSTEM, node, costs, set_it=set_it)
    except NoForecasts as missing:
        fail(missing)
        raise typer.Exit(UNAVAILABLE) from missing
    if json:
        rows = [asdict(one) | {"safety_stock": one.safety_stock} for one in found.rows]
        print_json({"proposals": rows, "without_price": found.without_price, "changed": found.changed})
        return
    out.print(_table(found.rows, found.without_price))
    if set_it:
        done(f"{found.changed:,} of {len(found.rows):,} positions changed")


def _by_channel(cancel: Sequence[str]) -> dict[str, float]:
    costs = {}
    for one in cancel:
        channel, _, minor = one.partition("=")
        if not channel or not minor.replace(".", "", 1).isdigit():
            fail(f"{one} is not CHANNEL=MINOR, as in web=500")
            raise typer.Exit(USAGE)
        costs[channel] = float(minor)
    return costs


def _table(found: Sequence[Proposal], without_price: int) -> Table:
    channels = list(found[0].keep) if found else []
    left_out = f"SKUs without a price, left out: {without_price:,}" if without_price else None
    table = Table("SKU", "on hand", "leave unseen", "not found", "now", *channels, caption=left_out)
    for one in sorted(found, key=lambda one: -max(one.keep.values())):
        kept = (str(one.keep[channel]) for channel in channels)
        unseen, lost = f"{one.unseen:.2f}", f"{one.not_found:.1%}"
        table.add_row(one.sku, str(one.on_hand), unseen, lost, str(one.now), *kept)
    return table
