"""The only source of chance: ids, which sort by the time they were made, secrets, and jitter."""

import os
import secrets
import time
from typing import Protocol

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u to misread
PAIRS = [first + second for first in ALPHABET for second in ALPHABET]
SHIFTS = range(110, -1, -10)  # 120 bits, two digits at a time


class Ids(Protocol):
    """What makes ids; tests bring their own."""

    def new(self, prefix: str) -> str:
        """A fresh id such as `res_06k8…`."""
        ...


class RandomIds:
    """48 bits of milliseconds, then 72 bits of chance, in base 32."""

    def new(self, prefix: str) -> str:
        """A fresh id such as `res_06k8…`; later ones sort after earlier ones, to the millisecond."""
        number = (time.time_ns() // 1_000_000 << 72) | int.from_bytes(os.urandom(9))
        return f"{prefix}_" + "".join([PAIRS[number >> shift & 1023] for shift in SHIFTS])


def new_secret() -> str:
    """256 bits of chance, safe in a URL: API keys, signing keys."""
    return secrets.token_urlsafe(32)


def new_key() -> bytes:
    """256 bits of chance, for signatures that others verify."""
    return secrets.token_bytes(32)


def fraction() -> float:
    """Chance in [0, 1), such as for the jitter of retries."""
    return secrets.randbelow(1 << 30) / (1 << 30)
