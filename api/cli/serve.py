"""`anyshelf serve`: the HTTP server with API and pages."""

import ipaddress
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
import uvicorn
from uvicorn.supervisors import Multiprocess

from api import logs
from api.cli.compiling import compile_engine
from api.cli.console import TERMINATED, UNAVAILABLE, Json, err, fail, print_json, settings_on_schema
from api.door import PATIENCE_S, bound
from oms.adapters.postgres import database

app = typer.Typer()

FINISHING_S = 30
"""How long an ending server works on what it has accepted; event streams end at once."""


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8080,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Server processes sharing the port.")] = 1,
    json: Json = False,
) -> None:
    """Serve the API and the pages until interrupted."""
    chosen = settings_on_schema()
    logs.configure(chosen)
    compile_engine()  # else each process would, at the same time and unseen
    with database(chosen), _counted_together(workers):
        url = f"http://{_in_url(host)}:{port}"
        if json:
            print_json({"url": url, "pages": f"{url}/app/", "docs": f"{url}/docs"})
        err.print(f"Serving {url} (pages at /app/, API at /docs) until ctrl-c …")
        if not _is_loopback(host):
            err.print("Others can reach this address: put a proxy that speaks TLS in front of it.")
        try:
            _run(host, port, workers)
        except SystemExit as end:
            if end.code not in (None, 0, TERMINATED):
                fail(f"The server did not start on {host}:{port}; is the port taken?")
                raise typer.Exit(UNAVAILABLE) from end


def _run(host: str, port: int, workers: int) -> None:
    """Until told to stop. Raises SystemExit where the port cannot be had."""
    options: dict[str, Any] = {
        "app": "api.server:application",
        "factory": True,
        "host": host,
        "port": port,
        "workers": workers,
        "http": "api.protocol:Protocol",
        "log_config": None,
        "access_log": False,
        "timeout_graceful_shutdown": FINISHING_S,
        "timeout_worker_healthcheck": PATIENCE_S,
    }
    if workers == 1:
        uvicorn.run(**options)
        return
    try:
        door = bound(host, port)
    except OSError:
        raise SystemExit(UNAVAILABLE) from None
    with door:
        Multiprocess(uvicorn.Config(**options), [door]).run()


@contextmanager
def _counted_together(workers: int) -> Iterator[None]:
    """A folder for the block in which several processes add up what they count."""
    if workers == 1:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="anyshelf-metrics-") as folder:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        yield


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host
