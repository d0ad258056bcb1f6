"""Pictures taken at the door. A phone names them in its report by the SHA-256 of their bytes; the bytes come
up by themselves, before or after it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

PICTURES = ("signature", "photo")
"""Kinds of proof that are pictures."""
MEDIA_TYPES = ("image/jpeg", "image/png")
BYTES_MOST = 8 * 1024 * 1024
OF_A_STOP_MOST = 10


@dataclass(frozen=True, slots=True)
class Picture:
    """``sha256`` in hexadecimal, ``size`` in bytes."""

    sha256: str
    media_type: str
    size: int
    at: datetime
