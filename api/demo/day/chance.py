"""Chance that comes out the same each time: of what is thrown for, not of when."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import TypeVar

T = TypeVar("T")

SEED = "anyshelf"


def throw(*what: str) -> float:
    """A number in [0, 1) that belongs to these words."""
    digest = sha256("\0".join((SEED, *what)).encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def pick(among: Sequence[T], *what: str) -> T:
    """One of them, all as likely."""
    return among[int(throw(*what) * len(among))]
