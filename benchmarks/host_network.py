"""Several hosts on one machine: network namespaces of this process, joined by a bridge in one more.

The namespaces have no names. They live as long as this process, or one started in them, does, so nothing of
them is left behind however it ends; the machine's own network is not touched. It takes Linux, `ip` of
iproute2, and the right to make namespaces (root, in most places).
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

NETWORK = "10.77.0"
CLONE_NEWNET = 0x40000000
OWN = "/proc/thread-self/ns/net"


class NotPermitted(RuntimeError):
    """No hosts can be made here; the text says why."""


@dataclass(frozen=True, slots=True)
class Host:
    """A host: its address on the others' network, and the open file that is its namespace."""

    address: str
    namespace: int

    @contextmanager
    def inside(self) -> Iterator[None]:
        """This thread, and all threads and processes it starts meanwhile, are on the host."""
        with _entered(self.namespace):
            yield


@dataclass(slots=True)
class Network:
    """Hosts that reach each other and nobody else, all gone with `close`."""

    switch: int
    hosts: list[Host] = field(default_factory=list)

    def add(self) -> Host:
        """Plug in one more host. Raises NotPermitted."""
        number = len(self.hosts) + 1
        host = Host(f"{NETWORK}.{number}", _made())
        self.hosts.append(host)
        there = f"/proc/{os.getpid()}/fd/{host.namespace}"
        with _entered(self.switch):
            _ip(f"link add port{number} type veth peer name eth0 netns {there}")
            _ip(f"link set port{number} master bridge up")
        with host.inside():
            _ip(f"addr add {host.address}/24 dev eth0")
            _ip("link set lo up")
            _ip("link set eth0 up")
        return host

    def close(self) -> None:
        """Let go of all namespaces; with the last process in them they are gone."""
        for namespace in (self.switch, *(host.namespace for host in self.hosts)):
            os.close(namespace)


@contextmanager
def network() -> Iterator[Network]:
    """A switch to plug hosts into. Raises NotPermitted."""
    if shutil.which("ip") is None:
        raise NotPermitted("there is no `ip` to wire hosts with (Debian: apt-get install iproute2)")
    with ExitStack() as stack:
        made = Network(_made())
        stack.callback(made.close)
        with _entered(made.switch):
            _ip("link add bridge type bridge")
            _ip("link set bridge up")
        yield made


def _made() -> int:
    """A new namespace, as an open file."""
    here = os.open(OWN, os.O_RDONLY)
    try:
        _call("unshare", CLONE_NEWNET)
        made = os.open(OWN, os.O_RDONLY)
        _call("setns", here, CLONE_NEWNET)
    finally:
        os.close(here)
    return made


@contextmanager
def _entered(namespace: int) -> Iterator[None]:
    here = os.open(OWN, os.O_RDONLY)
    try:
        _call("setns", namespace, CLONE_NEWNET)
        try:
            yield
        finally:
            _call("setns", here, CLONE_NEWNET)
    finally:
        os.close(here)


def _call(name: str, *arguments: int) -> None:
    """A call of the C library; `os` has these only from Python 3.12 on."""
    try:
        function = getattr(ctypes.CDLL(None, use_errno=True), name)
    except AttributeError:
        raise NotPermitted("this system has no network namespaces") from None
    if function(*arguments) != 0:
        raise NotPermitted(f"network namespaces: {os.strerror(ctypes.get_errno())}")


def _ip(arguments: str) -> None:
    done = subprocess.run(["ip", *arguments.split()], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise NotPermitted(f"ip {arguments}: {done.stderr.strip()}")
