"""The server in processes of its own, as in production, for as long as the demo runs."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from api.demo.application import HAND
from api.door import bound
from oms.adapters.clock import elapsed_s
from oms.refusals import Code, refuse

LOOPBACK = "127.0.0.1"
USUAL_PORT = 8080
START_S = 120.0
STOP_S = 20.0


@contextmanager
def serving(environ: dict[str, str], port: int | None, log: Path, hand: Path) -> Iterator[str]:
    """The server's address once it is ready; its words go to `log`, its clock is that of `hand`. Raises
    Refused `unavailable`."""
    with _bound(port) as door, log.open("w") as words:
        url = f"http://{LOOPBACK}:{door.getsockname()[1]}"
        command = [sys.executable, "-m", "api.demo.application", str(door.fileno())]
        process = subprocess.Popen(  # noqa: S603 - our own server, no shell
            command,
            env={**os.environ, **environ, HAND: str(hand)},
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=words,
            pass_fds=[door.fileno()],
            start_new_session=True,  # ctrl-c is for the demo, which then ends the server in order
        )
        try:
            _wait_until_ready(process, url, log)
            yield url
        finally:
            _end(process)


def _bound(port: int | None) -> socket.socket:
    """The port asked for, else the usual one, else any; held from here on, so that no answer comes from
    another server."""
    for number in (port,) if port else (USUAL_PORT, 0):
        try:
            return bound(LOOPBACK, number)
        except OSError:
            continue
    what = f"Port {port} is taken" if port else "No port is free"
    raise refuse(Code.UNAVAILABLE, f"{what} on {LOOPBACK}")


def _wait_until_ready(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = elapsed_s() + START_S
    while elapsed_s() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{url}/readyz", timeout=5).status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise refuse(Code.UNAVAILABLE, f"The server did not start at {url}; {log} says why")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
