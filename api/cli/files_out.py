"""Files that a command writes at its end: tried before the work, and said where they cannot be written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import typer

from api.cli.console import USAGE, fail


def require_writable(*files: Path | None) -> None:
    """Better now than after an hour of playing; nothing is left behind. Raises Exit."""
    named = [file for file in files if file is not None]
    if len({file.resolve() for file in named}) < len(named):
        fail("--out and --report are the same file")
        raise typer.Exit(USAGE)
    for file in named:
        new = not file.exists()
        try:
            file.open("ab").close()
            if new:
                file.unlink()
        except OSError as error:
            fail(f"{file} cannot be written: {error.strerror}")
            raise typer.Exit(USAGE) from None


def write_file(file: Path | None, content: Callable[[], bytes]) -> bool:
    """False, and said, where it cannot be written any more."""
    try:
        if file is not None:
            file.write_bytes(content())
    except OSError as error:
        fail(f"{file} could not be written: {error.strerror}")
        return False
    return True
