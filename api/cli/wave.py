"""`anyshelf wave`: the best plans for many orders together, from a file or for those open in the database."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from api.cli.console import REFUSED, USAGE, Json, err, fail, print_json, tools
from api.cli.route import text_of
from oms.actors import SYSTEM
from oms.adapters.clock import elapsed_s
from oms.usecases.waves import DEADLINE_S, submit_wave
from oms.work import transact
from routing.files import Malformed, read_documents
from routing.wave.files import WaveFile, wave_from_json
from routing.wave.files_write import result_to_json
from routing.wave.solve import solve_wave
from routing.wave.warm import warm_waves

app = typer.Typer()


@app.command()
def wave(
    file: Annotated[
        str | None, typer.Argument(help="A wave as JSON; - reads standard input. No database.")
    ] = None,
    market: Annotated[
        str | None,
        typer.Option(help="Queue a wave over a market's open orders instead; '' if it has no name."),
    ] = None,
    deadline: Annotated[
        float | None, typer.Option(min=0.05, help="Seconds after which the best plans so far are printed.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Another one may find another plan as good.")] = 0,
    json: Json = False,
) -> None:
    """Print the best plans for all orders of FILE together, with a proven bound, as JSON.

    Never worse than the current plans in FILE, or than routing the orders one
    by one. With --market a worker solves it for the database's open orders;
    its id leads to GET /v1/waves/ID and the page Waves.
    """
    if (file is None) == (market is None):
        fail("Name a FILE, or a market of the database with --market; - reads standard input")
        raise typer.Exit(USAGE)
    if market is not None:
        seconds = DEADLINE_S if deadline is None else deadline
        with tools() as using:
            print_json(asdict(transact(using, SYSTEM, lambda work: submit_wave(work, market, seconds))))
        return
    assert file is not None, "one of the two is named"
    asked = _wave(file)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=err, disable=not err.is_terminal, transient=True) as bar:
        task = bar.add_task("Compiling, once per installation …")
        warm_waves()
        began = elapsed_s()

        def told(what: str, cost: float, bound: float) -> None:
            gap = max(0.0, (cost - bound) / cost) if cost else 0.0
            bar.update(task, description=f"{what}: cost {cost:,.0f}, bound {bound:,.0f}, gap {gap:.3%}")

        result = solve_wave(
            asked.wave,
            seed=seed,
            time_left=None if deadline is None else lambda: deadline - (elapsed_s() - began),
            told=told,
        )
        elapsed = elapsed_s() - began
    print_json(result_to_json(asked, result, elapsed))


def _wave(file: str) -> WaveFile:
    try:
        documents = read_documents(text_of(file))
        if len(documents) > 1:
            raise Malformed("", "several", "a file holds one wave; put all orders into its orders")
        return wave_from_json(documents[0])
    except Malformed as fault:
        fail(fault)
        raise typer.Exit(REFUSED) from fault
