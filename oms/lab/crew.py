"""Who plays a sweep: processes of this machine, or the workers of a Dask cluster; with the same figures."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor, as_completed

from oms.adapters.folder_values import Folder
from oms.lab.playing import Done, Task, perform

Played = Iterator[tuple[int, Done]]
"""Number of a task and what it came to, as they are done."""

REACH_S = 10
"""How long a cluster is waited for."""

_here: list[Folder] = []


class NoCluster(Exception):
    """There is no Dask here, or no cluster at the address."""


class Lost(Exception):
    """Some tasks were not done; the others have been told before it is raised."""


def processors() -> int:
    """Those this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_processes(folder: Folder, tasks: Sequence[Task], processes: int) -> Played:
    """Each process gets the folder once; who is free takes the next task. Raises Lost at the end."""
    context = multiprocessing.get_context("spawn")
    crew = ProcessPoolExecutor(min(processes, len(tasks)), context, initializer=_begin, initargs=(folder,))
    try:
        numbers = {crew.submit(_play_here, task): number for number, task in enumerate(tasks)}
        lost: BaseException | None = None
        for done in as_completed(numbers):
            if (error := done.exception()) is not None:
                lost = lost or error  # one process that ends breaks all that is not done yet
                continue
            yield numbers[done], done.result()
        if lost is not None:
            raise Lost(_words(lost))
    except BrokenExecutor as error:  # before all were handed over
        raise Lost(_words(error)) from None
    finally:
        crew.shutdown(cancel_futures=True)


def over_dask(folder: Folder, tasks: Sequence[Task], address: str) -> Played:
    """The workers need the same release of Anyshelf; each gets the folder once. Raises NoCluster, and
    Lost at the end.
    """
    try:
        from distributed import Client
        from distributed import as_completed as as_gathered
    except ImportError:
        raise NoCluster("Dask is not installed; install anyshelf[cluster]") from None
    try:
        client = Client(address, timeout=REACH_S)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise NoCluster(f"No Dask cluster answers at {address} ({type(error).__name__})") from error
    with client:
        try:
            there = client.scatter(folder, broadcast=True)  # type: ignore[no-untyped-call]
        except OSError as error:
            raise NoCluster(
                f"The Dask cluster at {address} takes no work ({type(error).__name__})"
            ) from error
        sent = [client.submit(perform, there, task, pure=False) for task in tasks]
        numbers = {future.key: number for number, future in enumerate(sent)}
        lost = ""
        for future, found in as_gathered(sent, with_results=True, raise_errors=False):  # type: ignore[no-untyped-call]
            if future.status == "finished":
                yield numbers[future.key], found
                continue
            lost = lost or _words(found[1] if isinstance(found, tuple) else found)
        if lost:
            raise Lost(lost)


def _words(error: object) -> str:
    return f"{type(error).__name__}: {error}"


def _begin(folder: Folder) -> None:
    _here[:] = [folder]


def _play_here(task: Task) -> Done:
    return perform(_here[0], task)
