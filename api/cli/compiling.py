"""Compile the engine where people can see it, before any server or worker process needs it."""

from __future__ import annotations

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from api.cli.console import err
from routing.compiled import readiness, told
from routing.warm import warm_up
from routing.wave.warm import warm_waves


def compile_engine() -> None:
    """Make the engine ready, waves too, on disk for all processes to come: no job shall compile while others
    wait for it. Says how far it is, where it has to compile: a bar on a terminal, a line before and after
    elsewhere.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    bar = Progress(*columns, console=err, disable=not err.is_terminal)
    tasks: list[TaskID] = []

    def progress(ready: int, of: int) -> None:
        if not tasks:
            err.print("Compiling the engine, once per installation; one or two minutes on one core …")
            bar.start()
            tasks.append(bar.add_task("functions", total=of))
        bar.update(tasks[0], completed=ready, total=of)

    try:
        with told(progress):
            warm_up()
            if tasks:
                bar.update(tasks[0], description="waves")  # which are not counted
            warm_waves()
        if tasks:  # some may have come from disk with their callers
            bar.update(tasks[0], completed=readiness()[1])
    finally:
        bar.stop()
    if tasks:
        err.print("The engine is compiled.")
