"""What the demo's own server processes run: the product on a clock that the demo moves by hand."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn
from uvicorn.supervisors import Multiprocess

from api.door import PATIENCE_S, adopted
from api.loading import undisturbed

if TYPE_CHECKING:
    from fastapi import FastAPI

WORKERS = 2
HAND = "ANYSHELF_DEMO_CLOCK"
"""Names the file of the clock's hand. Only this program reads it; `anyshelf serve` does not."""


def application() -> FastAPI:
    """The application on the installation's settings and the demo's clock. Raises BadSetting."""
    with undisturbed():  # and here, as the process above the workers would load it for nothing
        from api.app import create_app
        from oms.adapters.clock import HandClock
        from oms.settings import from_environment
    return create_app(from_environment(os.environ), HandClock(Path(os.environ[HAND])))


def serve(door: socket.socket) -> None:
    """Serve on a bound socket until told to stop."""
    config = uvicorn.Config(
        "api.demo.application:application",
        factory=True,
        workers=WORKERS,
        http="api.protocol:Protocol",
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=5,
        timeout_worker_healthcheck=PATIENCE_S,
    )
    Multiprocess(config, sockets=[door]).run()


if __name__ == "__main__":
    serve(adopted(int(sys.argv[1])))
