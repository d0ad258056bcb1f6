"""The only source of chance: ids, which sort by the time they were made, secrets, and jitter."""

import os
import secrets
import time
from typing import Protocol

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u to misread
PAIRS = [first + second for first in ALPHABET for second in ALPHABET]
DIGITS = bytes(ord(ALPHABET[byte % 32]) for byte in range(256))
DRAWN = 256  # ids' chance asked of the system at once: a call for each would cost more than the rest of an id


class Ids(Protocol):
    """What makes ids; tests bring their own."""

    def new(self, prefix: str) -> str:
        """A fresh id such as `res_06k8…`."""
        ...


class RandomIds:
    """48 bits of milliseconds, then 72 bits of chance, in base 32."""

    def __init__(self) -> None:
        self._time = (0, "")

    def new(self, prefix: str) -> str:
        """A fresh id such as `res_06k8…`; later ones sort after earlier ones, to the millisecond."""
        ms = time.time_ns() // 1_000_000
        eighths = ms >> 3
        known, digits = self._time
        if known != eighths:
            digits = _digits(eighths)
            self._time = (eighths, digits)
        two_bits, others = _chance()
        return f"{prefix}_{digits}{ALPHABET[(ms & 7) << 2 | two_bits]}{others}"


_drawn: list[tuple[int, str]] = []
os.register_at_fork(after_in_child=_drawn.clear)  # two processes shall not draw the same


def _chance() -> tuple[int, str]:
    """72 bits: two, and fourteen digits."""
    while True:
        try:
            return _drawn.pop()
        except IndexError:
            raw = os.urandom(15 * DRAWN)
            text = raw.translate(DIGITS).decode()
            _drawn.extend((raw[i] & 3, text[i + 1 : i + 15]) for i in range(0, len(raw), 15))


def _digits(number: int) -> str:
    """45 bits as nine digits."""
    return ALPHABET[number >> 40] + "".join([PAIRS[number >> shift & 1023] for shift in (30, 20, 10, 0)])


def new_secret() -> str:
    """256 bits of chance, safe in a URL: API keys, signing keys."""
    return secrets.token_urlsafe(32)


def new_key() -> bytes:
    """256 bits of chance, for signatures that others verify."""
    return secrets.token_bytes(32)


def fraction() -> float:
    """Chance in [0, 1), such as for the jitter of retries."""
    return secrets.randbelow(1 << 30) / (1 << 30)
