"""Processor time of processes and all they started: what a measurement costs, whoever else is at work."""

from __future__ import annotations

import os
from pathlib import Path

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def cpu_s(pid: int) -> float:
    """Seconds of processor time of a living process, its living descendants, and those it has waited for."""
    times: dict[int, tuple[int, float]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except OSError:  # gone meanwhile
            continue
        spent = sum(int(ticks) for ticks in fields[11:15]) / _TICKS_PER_S
        times[int(entry.parent.name)] = (int(fields[1]), spent)
    family = {pid}
    while more := {child for child, (parent, _) in times.items() if parent in family} - family:
        family |= more
    return sum(times[one][1] for one in family if one in times)
