"""`anyshelf demo`: the product at work on real sample data."""

from __future__ import annotations

import signal
from typing import Annotated

import typer

from api.cli.console import REFUSED, USAGE, Json, err, fail, print_json
from api.demo.run import running
from api.demo.samples import SAMPLES, chosen
from api.demo.tour import show, show_addresses

PREFIX = 120

app = typer.Typer()


@app.command()
def demo(
    once: Annotated[bool, typer.Option("--once", help="End after the tour; both samples.")] = False,
    sample: Annotated[
        str | None, typer.Option(help=f"{' or '.join(SAMPLES)}; without it the first, with --once both.")
    ] = None,
    orders: Annotated[
        str | None, typer.Option(help=f"How many to place, or all; {PREFIX}, with --once all.")
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port on loopback; 8080, or any when taken.")
    ] = None,
    json: Json = False,
) -> None:
    """Import real data, place real orders through HTTP, play the days after, show it; stays up until ctrl-c.

    Data stays under ANYSHELF_DATA_DIR, a folder per sample, and is used again. With --json one document
    is printed, and the command ends as with --once. Exit code 1: something that must hold did not.
    """
    once = once or json
    if sample is not None and sample not in SAMPLES:
        fail(f"{sample} is none of {', '.join(SAMPLES)}")
        raise typer.Exit(USAGE)
    count = _count(orders, once)
    summaries = []
    for one in chosen(sample, once):
        with running(one, count, port) as run:
            summaries.append(run.summary)
            if json:
                continue
            show(run)
            if not once:
                show_addresses(run)
                _wait()
    broken = [(one.sample, check) for one in summaries for check in one.checks if not check.holds]
    if json:
        samples = {summary.sample: summary.document() for summary in summaries}
        print_json({"ok": not broken, "samples": samples})
    for name, check in broken:
        fail(f"{name}: {check.name} does not hold: {check.found}")
    if broken:
        raise typer.Exit(REFUSED)


def _count(orders: str | None, once: bool) -> int | None:
    """The number of orders to play; None is all of them."""
    if orders is None:
        return None if once else PREFIX
    if orders == "all":
        return None
    if orders.isdecimal() and int(orders) > 0:
        return int(orders)
    fail(f"--orders is a number or all, not {orders}")
    raise typer.Exit(USAGE)


def _wait() -> None:
    """Until ctrl-c, or until told to end."""
    try:
        signal.pause()
    except KeyboardInterrupt:
        err.print("Stopping …")
