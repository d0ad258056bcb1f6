"""A process that dies with us, even when we are killed: a shell at its side waits for our end of a pipe."""

from __future__ import annotations

import signal
import subprocess
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Leash:
    """Holds on to a process by its id until `let_go`."""

    shell: subprocess.Popen[bytes]

    def let_go(self) -> None:
        """The process has ended, or may live on."""
        self.shell.kill()
        self.shell.communicate()


def leashed(pid: int, by: signal.Signals = signal.SIGKILL) -> Leash:
    """Have the process killed as soon as this one is gone, however it ends."""
    command = ["sh", "-c", 'read -r _; kill "-$1" "$2"', "sh", str(int(by)), str(pid)]
    return Leash(
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    )
