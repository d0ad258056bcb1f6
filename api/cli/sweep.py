"""`anyshelf sweep`: many variants of a replay, in parallel, and those that nothing beats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from api.cli.console import REFUSED, UNAVAILABLE, USAGE, Json, err, fail, out, print_json
from api.cli.exchange import say_faults
from api.cli.files_out import require_writable, write_file
from api.cli.progress import progress_bar
from api.cli.replay import Since, Until
from api.cli.replay_report import MINOR
from api.cli.sweep_report import sweep_html
from oms.adapters.folder import FolderRefused, read_folder
from oms.adapters.folder_replay import replay_of
from oms.adapters.folder_values import Folder
from oms.lab.axes import BadAxis, Named, read_axes, variants
from oms.lab.changes import Changes, misfits, senders
from oms.lab.crew import Lost, NoCluster, in_processes, over_dask, processors
from oms.lab.gaps import measured, measures, tasks
from oms.lab.playing import Done, Task, World, left_to_play
from oms.lab.sweep import Outcome, document, outcomes
from routing.replay.clairvoyant import USUAL_ROUNDS
from routing.replay.report import Figures

app = typer.Typer()

COLUMNS = ("policy", "cost", "days", "parcels", "kg CO₂", "filled", "gap")
WIDTH = 100
"""Characters that a table takes at least: a name is never broken, so that it can be copied."""
MISSING_SAID = 10
"""So many of the runs that are missing are named in words; JSON names all."""


Vary = Annotated[
    list[str], typer.Option(help="KEY=VALUE,VALUE; may be repeated. Every combination is played.")
]
Rounds = Annotated[
    int,
    typer.Option(min=0, help=f"Rounds that lift the clairvoyant bound, such as {USUAL_ROUNDS}; 0: no gap."),
]


@app.command()
def sweep(
    folder: Annotated[Path, typer.Argument(help="CSV or Parquet files, as `anyshelf import` reads them.")],
    vary: Vary,
    since: Since = None,
    until: Until = None,
    processes: Annotated[
        int | None, typer.Option(min=1, help="Processes here; as many as processors by default.")
    ] = None,
    dask: Annotated[
        str | None, typer.Option(help="Play on this Dask cluster instead, such as tcp://HOST:8786.")
    ] = None,
    rounds: Rounds = 0,
    output: Annotated[
        Path | None, typer.Option("--out", help="Keep the variants here, for `anyshelf policy install`.")
    ] = None,
    report: Annotated[Path | None, typer.Option(help="Write charts to this HTML file.")] = None,
    json: Json = False,
) -> None:
    """Play FOLDER by every combination of what --vary says, in parallel.

    Keys of policies: policy, parcel_minor, late_day_minor, breadth_weight.
    Keys of worlds: promise_days, reject_rate, seed; times as much of demand,
    stock, tariffs, tariff:NAME; close, nodes joined by + (close=none,A,A+B).

    Marked ● is what no other policy of the same world equals in cost, days,
    parcels and CO₂ and beats in one. Several seeds are averaged. With --rounds
    the gap tells how much of the distance a variant closes from what `cheapest`
    costs to what one could do who knew every order beforehand. The figures are
    the same whoever plays them.
    """
    found = _read(folder, json)
    named = _variants(found, vary, World(since=since, until=until))
    require_writable(output, report)
    by = measures(found, named, rounds)
    asked = tasks(named, by)
    done, broke = _play(found, list(asked), processes, dask)
    played = [one for one in named if one.variant in done]
    figures = [measured(one, done, by) for one in played]
    told = outcomes(found, played, [one for one, _ in figures], [bound for _, bound in figures])
    missing = [name for task, name in asked.items() if task not in done]
    said = document(found, told, folder.resolve().name, missing)
    if json:
        print_json(said)
    else:
        _show(told, said["currency"])
    _end(missing, len(asked), broke, not played or _keep(said, told, output, report))


def _end(missing: Sequence[str], of: int, broke: str, written: bool) -> None:
    """Say what is missing, in words too where JSON is printed. Raises Exit."""
    if missing:
        some = "; ".join(missing[:MISSING_SAID])
        fail(f"{len(missing):,} of {of:,} were not played ({broke}): {some}")
    if missing or not written:
        raise typer.Exit(UNAVAILABLE)


def _keep(said: Mapping[str, Any], told: Sequence[Outcome], output: Path | None, report: Path | None) -> bool:
    """Write both files; False where one could not be written."""
    title = f"Sweep of {said['folder']}"
    kept = write_file(output, lambda: orjson.dumps(said, option=orjson.OPT_INDENT_2))
    if kept and output is not None:
        err.print(f"Install one: anyshelf policy install {output} NAME", highlight=False, soft_wrap=True)
    return write_file(report, lambda: sweep_html(told, said["currency"], title, output).encode()) and kept


def _read(folder: Path, json: bool) -> Folder:
    try:
        found = read_folder(folder)
        replay_of(found)
    except FolderRefused as refused:
        say_faults(refused, json, "played")
        raise typer.Exit(REFUSED) from None
    return found


def _variants(folder: Folder, vary: Sequence[str], world: World) -> list[Named]:
    try:
        named = variants(read_axes(vary), world)
    except BadAxis as mistake:
        fail(mistake)
        raise typer.Exit(USAGE) from None
    worlds, nodes = {one.variant.world for one in named}, senders(folder)
    lost = [one for each in worlds for one in misfits(nodes, folder.tariffs.name, each.changes)]
    if lost:
        kind = "node" if lost[0].where.startswith("/close") else "tariff"
        fail(f"{lost[0].name} is no {kind} of this folder")
        raise typer.Exit(USAGE)
    fewer = {
        replace(each, changes=Changes(demand=each.changes.demand))
        for each in worlds
        if each.changes.demand < 1
    }
    if not all(left_to_play(folder, each) for each in {world, *fewer}):
        fail("No order is left to be played; choose other days, or more demand")
        raise typer.Exit(USAGE)
    return named


def _play(
    folder: Folder, asked: Sequence[Task], processes: int | None, dask: str | None
) -> tuple[dict[Task, Done], str]:
    """What each came to, and why some are missing."""
    done: dict[Task, Done] = {}
    try:
        with progress_bar() as bar:
            task = bar.add_task("variants", total=len(asked))
            crew = (
                in_processes(folder, asked, processes or processors())
                if dask is None
                else over_dask(folder, asked, dask)
            )
            for number, found in crew:
                done[asked[number]] = found
                bar.update(task, advance=1)
    except Lost as trouble:
        return done, str(trouble)
    except NoCluster as trouble:
        fail(trouble)
        raise typer.Exit(UNAVAILABLE) from None
    return done, ""


def _show(found: Sequence[Outcome], currency: str) -> None:
    """The gap has a column where there is a bound, which is the last row of its world."""
    bounds = {one.world: one.bound_per_order_minor for one in found if one.bound_per_order_minor is not None}
    for world in dict.fromkeys(one.world for one in found):
        table = Table(
            title=f"{world or 'As it was'}; per order, money in {currency}",
            title_justify="left", box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0),
        )  # fmt: skip
        table.add_column("", min_width=1)
        for title in COLUMNS if bounds else COLUMNS[:-1]:
            table.add_column(title, justify="left" if title == COLUMNS[0] else "right", no_wrap=True)
        for one in found:
            if one.world == world:
                table.add_row(
                    "●" if one.front else "", one.policy, *_cells(one.figures)[: None if bounds else -1]
                )
        if world in bounds:
            table.add_row("", "clairvoyant bound", f"{bounds[world] / MINOR:,.2f}")
        Console(width=max(out.width, WIDTH)).print(table)


def _cells(one: Figures) -> tuple[str, ...]:
    """Under ``COLUMNS`` after the first."""
    return (
        f"{one.cost_per_order_minor / MINOR:,.2f}",
        f"{one.days:.2f}",
        f"{one.parcels_per_order:.3f}",
        f"{one.co2_kg_per_order:.3f}",
        f"{one.line_fill:.1%}",
        "" if one.gap_closed is None else f"{one.gap_closed:.1%}",
    )
