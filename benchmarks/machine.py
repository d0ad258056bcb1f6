"""What a result is worth nothing without: when, on what machine, from which commit."""

from __future__ import annotations

import json
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from os import cpu_count
from pathlib import Path
from typing import Any

from oms.adapters.clock import SystemClock
from oms.adapters.postgres import Embedded
from oms.store.database import migrate

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "benchmarks" / "results"


def write_result(name: str, figures: Mapping[str, Any]) -> Path:
    """Write ``results/DATE-name.json`` with machine and commit; return where."""
    date = SystemClock().now().date().isoformat()
    document = {"benchmark": name, "date": date, "commit": commit(), "machine": machine(), **figures}
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"{date}-{name}.json"
    path.write_text(json.dumps(document, indent=1) + "\n")
    return path


def machine() -> dict[str, Any]:
    """Processor, cores and Python of this machine."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return {
        "processor": models[0] if models else platform.processor(),
        "cores": cpu_count(),
        "python": platform.python_version(),
    }


def commit() -> str:
    """The commit of the working tree, abbreviated; empty outside a clone."""
    told = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return told.stdout.strip()


@contextmanager
def throwaway_database() -> Iterator[str]:
    """The address of a migrated database on a durable server of its own, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="anyshelf-race-"))
    folder.chmod(0o711)
    try:
        with Embedded(folder / "server") as server:
            migrate(server.url())
            yield server.url()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
