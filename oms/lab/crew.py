"""Who plays a sweep: processes of this machine, or the workers of a Dask cluster; with the same figures."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed

from oms.adapters.folder_values import Folder
from oms.lab.playing import Variant, play
from routing.replay.report import Figures

Played = Iterator[tuple[int, Figures]]
"""Number of a variant and its figures, as they are done."""

_here: list[Folder] = []


class NoCluster(Exception):
    """There is no Dask here, or no cluster at the address."""


def processors() -> int:
    """Those this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_processes(folder: Folder, variants: Sequence[Variant], processes: int) -> Played:
    """Each process gets the folder once; who is free takes the next variant."""
    context = multiprocessing.get_context("spawn")
    crew = ProcessPoolExecutor(min(processes, len(variants)), context, initializer=_begin, initargs=(folder,))
    try:
        numbers = {crew.submit(_play_here, variant): number for number, variant in enumerate(variants)}
        for done in as_completed(numbers):
            yield numbers[done], done.result()
    finally:
        crew.shutdown(cancel_futures=True)


def over_dask(folder: Folder, variants: Sequence[Variant], address: str) -> Played:
    """The workers need the same release of Anyshelf; each gets the folder once. Raises NoCluster."""
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
        there = client.scatter(folder, broadcast=True)  # type: ignore[no-untyped-call]
        tasks = [client.submit(play, there, variant, pure=False) for variant in variants]
        numbers = {task.key: number for number, task in enumerate(tasks)}
        for task, figures in as_gathered(tasks, with_results=True):  # type: ignore[no-untyped-call]
            yield numbers[task.key], figures


def _begin(folder: Folder) -> None:
    _here[:] = [folder]


def _play_here(variant: Variant) -> Figures:
    return play(_here[0], variant)
