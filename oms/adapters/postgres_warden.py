"""The process that stands by an embedded server: `python -m oms.adapters.postgres_warden DATA_DIR`."""

import fcntl
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from oms.adapters.postgres import control, ensure_running, postmaster_pid, stop, unused
from oms.adapters.postgres_home import DatabaseUnavailable, find_home

POLL_SECONDS = 0.25
RETRY_SECONDS = 5.0
"""At most, between attempts to start a server that will not start."""


def stand_by(data: Path) -> None:
    """While anybody holds a lease, restart the server when it died; then stop it. One warden per server."""
    with (data / "warden.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        with control(data):
            home = find_home(data)
        rest = POLL_SECONDS
        while True:
            with control(data):
                if unused(data):
                    stop(home)
                    return
                try:
                    if postmaster_pid(home) is None:
                        ensure_running(home)
                    rest = POLL_SECONDS
                except (DatabaseUnavailable, subprocess.TimeoutExpired):
                    rest = min(rest * 2, RETRY_SECONDS)  # a full disk, say: it may have room again
            time.sleep(rest)


if __name__ == "__main__":
    with suppress(FileNotFoundError):  # somebody removed the whole folder: nothing is left to guard
        stand_by(Path(sys.argv[1]))
