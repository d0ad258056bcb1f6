"""`anyshelf replay`: policies side by side over the orders of a folder, without a database."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from api.cli.console import REFUSED, UNAVAILABLE, USAGE, Json, fail, out, print_json
from api.cli.exchange import say_faults
from api.cli.files_out import require_writable, write_file
from api.cli.progress import progress_bar
from api.cli.replay_report import COLUMNS, MINOR, cells, report_html
from oms.adapters.folder import FolderRefused, read_folder
from oms.adapters.folder_replay import replay_of
from routing.replay.clairvoyant import USUAL_ROUNDS
from routing.replay.foresight import Outlook
from routing.replay.policies import POLICIES
from routing.replay.report import BOUND, Comparison, compare
from routing.replay.run import Rejects
from routing.replay.simulate import Settings
from routing.replay.stream import Ground, Stream

app = typer.Typer()

Since = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], help="Play from this day, UTC; earlier orders are only learned from."),
]
Until = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only orders placed before this day, UTC.")
]


@app.command()
def replay(
    folder: Annotated[Path, typer.Argument(help="CSV or Parquet files, as `anyshelf import` reads them.")],
    policy: Annotated[
        str, typer.Option(help=f"Some of {', '.join(POLICIES)}, with commas between; all by default.")
    ] = ",".join(POLICIES),
    since: Since = None,
    until: Until = None,
    reject_rate: Annotated[
        float, typer.Option(min=0, max=1, help="Share of units that are not on their shelf.")
    ] = 0.0,
    seed: Annotated[int, typer.Option(min=0, help="Chance of the rejects and of futures.")] = 0,
    promise_days: Annotated[int, typer.Option(min=0, help="An order is on time within so many days.")] = 5,
    wait_days: Annotated[
        int, typer.Option(min=0, help="How long `lookahead_wave` lets orders wait past their cut-off.")
    ] = 0,
    horizon_days: Annotated[
        int | None,
        typer.Option(
            min=1, help="How far `lookahead` and `lookahead_wave` look; to the last order by default."
        ),
    ] = None,
    rounds: Annotated[
        int, typer.Option(min=0, help="Rounds that lift the clairvoyant bound; 0 leaves it out.")
    ] = USUAL_ROUNDS,
    report: Annotated[Path | None, typer.Option(help="Write charts to this HTML file.")] = None,
    json: Json = False,
) -> None:
    """Play all orders of FOLDER by each policy, from the same stock and with the same chance.

    The column gap tells how much of the distance a policy closes from what
    `cheapest` costs to what one could do who knew every order beforehand.
    """
    names = _names(policy)
    ground, stream = _read(folder, until, json)
    past = 0 if since is None else _before(stream, since)
    if past == len(stream.order_ids):
        fail("No order is left to be played; choose other days")
        raise typer.Exit(USAGE)
    require_writable(report)
    outlook = Outlook(seed=seed, horizon=_days(horizon_days))
    settings = Settings(Rejects(reject_rate, seed), promise_days, past, outlook, wait_days)
    found = _play(ground, stream, names, settings, rounds)
    if json:
        print_json(asdict(found))
    else:
        _show(found)
    title = f"Replay of {folder.resolve().name}"
    if not write_file(report, lambda: report_html(found, title).encode()):
        raise typer.Exit(UNAVAILABLE)


def _days(count: int | None) -> np.timedelta64 | None:
    return None if count is None else np.timedelta64(count, "D")


def _names(policy: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in policy.split(",") if name.strip())
    unknown = [name for name in names if name not in POLICIES]
    if unknown or not names:
        fail(f"{unknown[0] if unknown else 'Nothing'} is none of {', '.join(POLICIES)}")
        raise typer.Exit(USAGE)
    return names


def _read(folder: Path, until: datetime | None, json: bool) -> tuple[Ground, Stream]:
    try:
        ground, stream = replay_of(read_folder(folder))
    except FolderRefused as refused:
        say_faults(refused, json, "played")
        raise typer.Exit(REFUSED) from None
    return ground, stream if until is None else stream.part(0, _before(stream, until))


def _before(stream: Stream, day: datetime) -> int:
    """How many orders were placed before a day."""
    return int(np.searchsorted(stream.placed_at, np.datetime64(day, "us")))


def _play(
    ground: Ground, stream: Stream, names: tuple[str, ...], settings: Settings, rounds: int
) -> Comparison:
    with progress_bar() as bar:
        tasks = {name: bar.add_task(name, total=len(stream.order_ids) - settings.past) for name in names}
        if rounds:
            tasks[BOUND] = bar.add_task(BOUND, total=rounds)

        def progress(name: str, done: int) -> None:
            bar.update(tasks[name], completed=done)

        return compare(ground, stream, names, settings, rounds, progress)


def _show(found: Comparison) -> None:
    head = (
        f"{found.orders:,} orders, {found.lines:,} lines, {found.units:,} units; per order, "
        f"money in {found.currency}"
    )
    table = Table(
        title=head, title_justify="left", box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=0
    )
    for title in COLUMNS:
        named = title == COLUMNS[0]
        table.add_column(title, justify="left" if named else "right", min_width=17 if named else None)
    for name, one in found.policies.items():
        table.add_row(name, *cells(one))
    if found.bound_per_order_minor is not None:
        table.add_row(BOUND, f"{found.bound_per_order_minor / MINOR:,.2f}", end_section=True)
    out.print(table)
