"""`anyshelf work`: the background work, beside any number of servers and other workers."""

import typer

from api import logs
from api.cli.compiling import compile_engine
from api.cli.console import Json, err, print_json, settings_on_schema
from oms.jobs import run_worker

app = typer.Typer()


@app.command()
def work(json: Json = False) -> None:
    """Do the background work until interrupted: publish events, free what expired, make room ahead."""
    chosen = settings_on_schema()
    logs.configure(chosen)
    compile_engine()  # else the first wave would, while other jobs wait for it
    if json:
        print_json({"working": True})
    err.print("Working until ctrl-c …")
    run_worker(chosen)
