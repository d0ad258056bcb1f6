"""What every command shares: where its words go, how it ends, and the database it works on.

Exit codes: 0 done, 1 a named refusal or a negative finding, 2 wrong usage, 3 something needed is unavailable.
Results go to standard output, everything else to standard error.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.markup import escape
from sqlalchemy import Engine

from oms.adapters.clock import Clock, SystemClock
from oms.adapters.ids import Ids, RandomIds
from oms.adapters.postgres import database
from oms.refusals import Code, Refused, refuse
from oms.settings import Settings, from_environment
from oms.store.database import connect, migrate, revisions

REFUSED, USAGE, UNAVAILABLE = 1, 2, 3
TERMINATED = 143

out = Console()
err = Console(stderr=True)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of words.")]


def settings() -> Settings:
    """The installation's settings. Raises BadSetting."""
    return from_environment(os.environ)


@contextmanager
def database_url() -> Iterator[str]:
    """The address of the chosen database, its server running for the block; the schema may be of any age."""
    with database(settings()) as url:
        yield url


@dataclass(frozen=True)
class Tools:
    """What a transaction needs, without the memory and the threads of a server."""

    engine: Engine
    clock: Clock
    ids: Ids


@contextmanager
def tools() -> Iterator[Tools]:
    """The means for a few transactions, on a database whose schema is of this release. Raises Refused."""
    chosen = settings_on_schema()
    with database(chosen) as url:
        if chosen.database_url is None:
            migrate(url)
        engine = connect(url)
        try:
            yield Tools(engine, SystemClock(), RandomIds())
        finally:
            engine.dispose()


def settings_on_schema() -> Settings:
    """The settings, once a server named in them carries the schema of this release. Raises Refused.

    The embedded server's schema follows by itself; that of another server is its operator's to change.
    """
    chosen = settings()
    if chosen.database_url is not None:
        found, wanted = revisions(chosen.database_url)
        if found != wanted:
            raise refuse(
                Code.UNAVAILABLE,
                f"The schema is at revision {found or 'none'}, not {wanted}; run `anyshelf migrate`",
            )
    return chosen


def end(refused: Refused) -> int:
    """Say why not, and return the exit code for it."""
    fail(refused.refusal.detail)
    for fault in refused.refusal.faults:
        err.print(f"  {escape(fault.pointer)}: {escape(fault.detail)}", highlight=False, soft_wrap=True)
    return UNAVAILABLE if refused.refusal.code is Code.UNAVAILABLE else REFUSED


def print_json(document: object) -> None:
    """One JSON document on a line of its own, whatever the width of the terminal."""
    sys.stdout.write(orjson.dumps(document).decode() + "\n")
    sys.stdout.flush()


def fail(sentence: object) -> None:
    """Say in red what went wrong."""
    err.print(f"[bold red]✗[/] {escape(str(sentence))}", highlight=False, soft_wrap=True)


def done(sentence: str) -> None:
    """Say in green what has been done."""
    err.print(f"[bold green]✓[/] {escape(sentence)}", highlight=False, soft_wrap=True)
