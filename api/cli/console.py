"""What every command shares: where its words go, how it ends, and the database it works on.

Exit codes: 0 done, 1 a named refusal or a negative finding, 2 wrong usage, 3 something needed is unavailable.
Results go to standard output, everything else to standard error.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import orjson
import typer
from rich.console import Console

from oms.adapters.postgres import database
from oms.settings import Settings, from_environment

REFUSED, USAGE, UNAVAILABLE = 1, 2, 3

out = Console()
err = Console(stderr=True)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of words.")]


class Refused(Exception):
    """An expected "no": the text is one sentence that says why and what to do. Exit code 1."""


def settings() -> Settings:
    """The installation's settings. Raises BadSetting."""
    return from_environment(os.environ)


@contextmanager
def database_url() -> Iterator[str]:
    """The address of the chosen database, its server running for the block."""
    with database(settings()) as url:
        yield url


def print_json(document: object) -> None:
    """One JSON document on a line of its own, whatever the width of the terminal."""
    sys.stdout.write(orjson.dumps(document).decode() + "\n")
    sys.stdout.flush()


def fail(sentence: object) -> None:
    """Say in red what went wrong."""
    err.print(f"[bold red]✗[/] {_plain(sentence)}", highlight=False, soft_wrap=True)


def done(sentence: str) -> None:
    """Say in green what has been done."""
    err.print(f"[bold green]✓[/] {_plain(sentence)}", highlight=False, soft_wrap=True)


def _plain(sentence: object) -> str:
    """Without meaning for brackets, which addresses and SQL may hold."""
    return str(sentence).replace("[", r"\[")
