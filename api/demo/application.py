"""What the demo's own server processes run: the product on a clock that the demo moves by hand."""

import os
import socket
import sys
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from uvicorn.supervisors import Multiprocess

from api.app import create_app
from api.door import PATIENCE_S, adopted
from oms.adapters.clock import HandClock
from oms.settings import from_environment

WORKERS = 2
HAND = "ANYSHELF_DEMO_CLOCK"
"""Names the file of the clock's hand. Only this program reads it; `anyshelf serve` does not."""


def application() -> FastAPI:
    """The application on the installation's settings and the demo's clock. Raises BadSetting."""
    return create_app(from_environment(os.environ), HandClock(Path(os.environ[HAND])))


def serve(door: socket.socket) -> None:
    """Serve on a bound socket until told to stop."""
    config = uvicorn.Config(
        "api.demo.application:application",
        factory=True,
        workers=WORKERS,
        log_level="warning",
        timeout_graceful_shutdown=5,
        timeout_worker_healthcheck=PATIENCE_S,
    )
    Multiprocess(config, sockets=[door]).run()


if __name__ == "__main__":
    serve(adopted(int(sys.argv[1])))
