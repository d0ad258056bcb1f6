"""The only source of time."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol


class Clock(Protocol):
    """What tells the time; tests bring their own."""

    def now(self) -> datetime:
        """The present instant, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present instant, in UTC."""
        return datetime.now(UTC)


class HandClock:
    """A clock whose hand stands in a file, moved by whoever plays a day in minutes; the machine's clock once
    the file is gone. Only a program that plays makes one: no setting leads to it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def now(self) -> datetime:
        """The instant in the file, in UTC; without one the present."""
        try:
            return datetime.fromisoformat(self.path.read_text())
        except FileNotFoundError:
            return datetime.now(UTC)

    @property
    def stands(self) -> bool:
        """Whether the hand is moved by somebody."""
        return self.path.exists()

    def set(self, at: datetime) -> None:
        """Move the hand, for all processes at once."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.path.with_suffix(".next")
        fresh.write_text(at.astimezone(UTC).isoformat())
        fresh.replace(self.path)

    def let_go(self) -> None:
        """From now on it shows the present."""
        self.path.unlink(missing_ok=True)


def elapsed_s() -> float:
    """Seconds since some fixed point, never set back: for intervals only."""
    return time.monotonic()


def epoch_ns() -> int:
    """The machine's present instant, in nanoseconds since 1970: what costs least to remember one by."""
    return time.time_ns()


def stamp(at_ns: int) -> str:
    """An instant of `epoch_ns` in UTC, as in `2026-01-17T10:00:00.123+00:00`.

    For what is written many times a second: spelling an instant out costs microseconds, so a second is
    spelled once.
    """
    global _second
    second, ms = divmod(at_ns // 1_000_000, 1000)
    known, spelled = _second
    if known != second:
        spelled = datetime.fromtimestamp(second, UTC).isoformat()[: -len("+00:00")]
        _second = (second, spelled)
    return f"{spelled}.{ms:03}+00:00"


_second = (0, "1970-01-01T00:00:00")
