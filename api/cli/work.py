"""`anyshelf work`: the background work, beside any number of servers and other workers."""

import typer

from api import logs
from api.cli.console import Json, err, print_json, settings_on_schema
from oms.jobs import run_worker

app = typer.Typer()


@app.command()
def work(json: Json = False) -> None:
    """Do the background work until interrupted: publish events, free what expired, make room ahead."""
    chosen = settings_on_schema()
    logs.configure(chosen)
    if json:
        print_json({"working": True})
    err.print("Working until ctrl-c …")
    run_worker(chosen)
