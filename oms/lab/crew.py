"""Who plays a sweep: processes of this machine, or the workers of a Dask cluster; with the same figures."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor, as_completed

from oms.adapters.folder_values import Folder
from oms.lab.playing import Variant, play
from routing.replay.report import Figures

Played = Iterator[tuple[int, Figures]]
"""Number of a variant and its figures, as they are done."""

_here: list[Folder] = []


class NoCluster(Exception):
    """There is no Dask here, or no cluster at the address."""


class Lost(Exception):
    """Some variants were not played; the others have been told before it is raised."""


def processors() -> int:
    """Those this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_processes(folder: Folder, variants: Sequence[Variant], processes: int) -> Played:
    """Each process gets the folder once; who is free takes the next variant. Raises Lost at the end."""
    context = multiprocessing.get_context("spawn")
    crew = ProcessPoolExecutor(min(processes, len(variants)), context, initializer=_begin, initargs=(folder,))
    try:
        numbers = {crew.submit(_play_here, variant): number for number, variant in enumerate(variants)}
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


def over_dask(folder: Folder, variants: Sequence[Variant], address: str) -> Played:
    """The workers need the same release of Anyshelf; each gets the folder once. Raises NoCluster, and
    Lost at the end.
    """
    try:
        from distributed import Client
        from distributed import as_completed as as_gathered
    except ImportError:
        raise NoCluster("Dask is not installed; install anyshelf[cluster]") from None
    try:
        client = Client(address, timeout=10)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise NoCluster(f"No Dask cluster answers at {address} ({type(error).__name__})") from error
    with client:
        try:
            there = client.scatter(folder, broadcast=True)  # type: ignore[no-untyped-call]
        except OSError as error:
            raise NoCluster(
                f"The Dask cluster at {address} takes no work ({type(error).__name__})"
            ) from error
        tasks = [client.submit(play, there, variant, pure=False) for variant in variants]
        numbers = {task.key: number for number, task in enumerate(tasks)}
        lost = ""
        for task, figures in as_gathered(tasks, with_results=True, raise_errors=False):  # type: ignore[no-untyped-call]
            if isinstance(figures, Figures):
                yield numbers[task.key], figures
                continue
            lost = lost or _words(figures[1] if isinstance(figures, tuple) else figures)
        if lost:
            raise Lost(lost)


def _words(error: object) -> str:
    return f"{type(error).__name__}: {error}"


def _begin(folder: Folder) -> None:
    _here[:] = [folder]


def _play_here(variant: Variant) -> Figures:
    return play(_here[0], variant)
