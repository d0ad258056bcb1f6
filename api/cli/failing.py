"""`anyshelf failing`: how often each node cannot send what it is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table

from api.cli.console import Json, done, out, print_json, tools
from api.cli.whole import runtime
from oms.store.failing import Learned
from oms.usecases.failing import learn_failing, learned_chances

app = typer.Typer()


@app.command()
def failing(
    learn: Annotated[
        bool, typer.Option("--learn", help="Learn now instead of at four in the morning.")
    ] = False,
    json: Json = False,
) -> None:
    """Show what was learned from picks, rejects and shorts, most failing first.

    Routing reckons with it by the policy's resource_minor.
    """
    if learn:
        with runtime() as running:
            learn_failing(running)
    with tools() as using, using.engine.connect() as conn:
        rows = sorted(learned_chances(conn), key=lambda row: -row.not_sent)
    if json:
        print_json([asdict(row) for row in rows])
    elif rows:
        out.print(_table(rows))
    else:
        done("Nothing is known: no node has picked or rejected anything in the last half year")


def _table(rows: Sequence[Learned]) -> Table:
    table = Table("node", "goods", "lines", "missing", "refused", "not found", "not sent")
    for row in rows:
        counts = (f"{count:.1f}" for count in (row.tried, row.missing, row.refused))
        table.add_row(row.node, row.goods, *counts, f"{row.not_found:.1%}", f"{row.not_sent:.1%}")
    return table
