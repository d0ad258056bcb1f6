"""`anyshelf import` and `export`: a folder of files in, or all that is wrong with it; and the way back."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import TaskID
from rich.table import Table

from api.cli.console import REFUSED, USAGE, Json, done, err, fail, out, print_json, tools
from api.cli.progress import progress_bar
from api.cli.whole import runtime
from oms.actors import SYSTEM
from oms.adapters.folder import Folder, FolderRefused, explain_columns, read_folder, write_folder
from oms.adapters.folder_write import PARQUET_FROM_ROWS
from oms.export_rows import read_database
from oms.store.database import unhurried
from oms.usecases.imports import TABLES, Imported, import_folder

app = typer.Typer()


@app.command("import")
def import_(
    folder: Annotated[Path | None, typer.Argument(help="The folder: CSV or Parquet files.")] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(help=f"Only this part; may be repeated. One of {', '.join(TABLES)}."),
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Judge the files, change nothing.")] = False,
    explain: Annotated[bool, typer.Option("--explain", help="List files, columns and defaults.")] = False,
    json: Json = False,
) -> None:
    """Bring a folder in: nodes, calendars, SKUs, stock, tariffs, lanes. One fault, and nothing is changed."""
    if explain:
        _explain(json)
        return
    unknown = sorted(set(only or ()) - set(TABLES))
    if folder is None or unknown:
        fail(f"{unknown[0]} is none of {', '.join(TABLES)}" if unknown else "Name a folder, or say --explain")
        raise typer.Exit(USAGE)
    try:
        found = read_folder(folder)
        imported = None if check else _put(found, only or TABLES)
    except FolderRefused as refused:
        say_faults(refused, json)
        raise typer.Exit(REFUSED) from None
    if imported is not None:
        _say_imported(folder, imported, counts(found), json)
    elif json:
        print_json({"imported": False, "files": counts(found)})
    else:
        done(f"{folder}: nothing is wrong with it")


def _put(found: Folder, tables: Collection[str]) -> Imported:
    """Import with a bar for each step. Raises FolderRefused, Refused."""
    with runtime() as running, progress_bar() as bar:
        steps: dict[str, TaskID] = {}

        def progress(what: str, so_far: int, of: int) -> None:
            if what not in steps:
                steps[what] = bar.add_task(what, total=of)
            bar.update(steps[what], completed=so_far)

        return import_folder(running, SYSTEM, found, progress, tables)


@app.command()
def export(
    folder: Annotated[Path, typer.Argument(help="Where to; made when it is not there.")],
    parquet: Annotated[bool, typer.Option("--parquet", help="Parquet for every table.")] = False,
    orders: Annotated[bool, typer.Option(help="Orders too; of people only their ids.")] = True,
    json: Json = False,
) -> None:
    """Write what the database holds as a folder that `import` reads.

    Tables of many rows become Parquet, the others CSV. A folder that is not empty is not touched.
    """
    strangers = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    if strangers or (folder.exists() and not folder.is_dir()):
        fail(f"{folder} is not empty" if strangers else f"{folder} is a file; name a folder")
        raise typer.Exit(USAGE)
    with tools() as using, using.engine.connect() as connection:
        snapshot = connection.execution_options(isolation_level="REPEATABLE READ")
        unhurried(snapshot)
        found = read_database(snapshot, with_orders=orders)
    write_folder(found, folder, 0 if parquet else PARQUET_FROM_ROWS)
    if json:
        print_json({"files": counts(found)})
    else:
        told = ", ".join(f"{number} {what}" for what, number in counts(found).items() if number)
        done(f"{folder}: {told or 'nothing but settings'}")


def counts(folder: Folder) -> dict[str, int]:
    """Rows per file."""
    return {
        "nodes": len(folder.nodes.id),
        "calendars": len(folder.calendars.name),
        "skus": len(folder.skus.id),
        "stock": len(folder.stock.node),
        "orders": len(folder.orders.id),
        "lines": len(folder.lines.order),
        "returns": len(folder.returns.id),
        "replenishments": len(folder.replenishments.node),
        "tariffs": len(folder.tariffs.name),
        "lanes": len(folder.lanes.node),
    }


def _explain(json: bool) -> None:
    notes = explain_columns()
    if json:
        print_json({"columns": [asdict(note) for note in notes]})
        return
    table = Table("file", "column", "kind", "needed", "empty means", "allowed", pad_edge=False)
    file = ""
    for note in notes:
        if note.file != file:
            table.add_section()
        needed = "yes" if note.required else ""
        table.add_row(
            "" if note.file == file else note.file, note.column, note.kind, needed, note.default, note.allowed
        )
        file = note.file
    out.print(table)
    err.print("Files are NAME.csv (UTF-8, header row) or NAME.parquet; nodes, skus and stock must be there.")


def say_faults(refused: FolderRefused, json: bool, done: str = "imported") -> None:
    """What is wrong with a folder, of which nothing was ``done``."""
    if json:
        faults = [asdict(fault) for fault in refused.faults]
        print_json({done: False, "faults": faults, "more": refused.more})
        return
    for fault in refused.faults:
        place = " ".join(
            part
            for part in (
                fault.file,
                f"row {fault.row}" if fault.row else "",
                f"column {fault.column}" if fault.column else "",
            )
            if part
        )
        err.print(
            f"  {escape(place)}: {escape(fault.detail)} [dim]({fault.code})[/]",
            highlight=False,
            soft_wrap=True,
        )
    number = len(refused.faults) + refused.more
    rest = f", {refused.more} of them not shown" if refused.more else ""
    fail(f"{number} {'thing is' if number == 1 else 'things are'} wrong{rest}; nothing was {done}")


def _say_imported(folder: Path, imported: Imported, told: dict[str, int], json: bool) -> None:
    if json:
        print_json({"imported": True, "put": asdict(imported), "files": told})
        return
    done(
        f"{folder}: {imported.nodes} nodes, {imported.skus} SKUs, {imported.stock} positions, "
        f"{imported.documents} network documents, {imported.places} places"
    )
