"""`anyshelf serve`: the HTTP server with API and pages."""

import ipaddress
from typing import Annotated

import typer
import uvicorn

from api.cli.console import TERMINATED, UNAVAILABLE, Json, err, fail, print_json, settings_on_schema
from oms.adapters.postgres import database

app = typer.Typer()


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8080,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Server processes sharing the port.")] = 1,
    json: Json = False,
) -> None:
    """Serve the API and the pages until interrupted."""
    with database(settings_on_schema()):
        url = f"http://{_in_url(host)}:{port}"
        if json:
            print_json({"url": url, "pages": f"{url}/app/", "docs": f"{url}/docs"})
        err.print(f"Serving {url} (pages at /app/, API at /docs) until ctrl-c …")
        if not _is_loopback(host):
            err.print("Others can reach this address: put a proxy that speaks TLS in front of it.")
        try:
            uvicorn.run(
                "api.server:application",
                factory=True,
                host=host,
                port=port,
                workers=workers,
                log_level="warning",
                timeout_graceful_shutdown=5,  # an open event stream must not hold up the end
            )
        except SystemExit as end:
            if end.code not in (None, 0, TERMINATED):
                fail(f"The server did not start on {host}:{port}; is the port taken?")
                raise typer.Exit(UNAVAILABLE) from end


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host
