"""The living keys in memory: who a presented key stands for, without a look into the database."""

from __future__ import annotations

import hmac
from collections import defaultdict
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import Connection

from oms.actors import KIND_OF_ROLE, Actor, Role
from oms.adapters.clock import elapsed_s
from oms.store import keys as store
from oms.store.keys import ApiKey


@dataclass(frozen=True, slots=True)
class _Former:
    """A secret from before; ``until_s`` as of `elapsed_s`, which no clock that jumps can move."""

    hash: bytes
    until_s: float

    @property
    def opens(self) -> bool:
        return elapsed_s() < self.until_s


@dataclass(frozen=True, slots=True)
class _Held:
    known: tuple[ApiKey, Actor]
    hash: bytes
    former: tuple[_Former, ...]


class KeyRing:
    """`reload` replaces what is in memory as a whole, `open` finds who a presented key stands for."""

    def __init__(self) -> None:
        self._keys: dict[str, _Held] = {}

    def reload(self, conn: Connection) -> None:
        """Read the living keys, and what other secrets open them for a while yet."""
        now_s = elapsed_s()
        former: dict[str, list[_Former]] = defaultdict(list)
        for one in store.former_secrets(conn):
            former[one.key_id].append(_Former(one.hash, now_s + one.left_s))
        self._keys = {
            key.id: _Held((key, _actor(key)), key.hash, tuple(former[key.id])) for key in store.living(conn)
        }

    def known(self, key_id: str, secret: str) -> tuple[ApiKey, Actor] | None:
        """A key and its actor, or None; for those who have proved before that one of its secrets, which has
        the name ``secret``, is theirs, and while that one opens.
        """
        held = self._keys.get(key_id)
        if held is None:
            return None
        living = [held.hash, *(former.hash for former in held.former if former.opens)]
        return held.known if any(hmac.compare_digest(_named(hash), secret) for hash in living) else None

    def couriers(self) -> list[ApiKey]:
        """The living keys of couriers."""
        return [held.known[0] for held in self._keys.values() if held.known[0].role is Role.COURIER]

    def name(self, key_id: str) -> str:
        """What a living key is called; empty for others."""
        held = self._keys.get(key_id)
        return held.known[0].name if held else ""

    def open(self, presented: str) -> tuple[ApiKey, Actor] | None:
        """The key and its actor, or None. Takes the same time whichever byte is wrong."""
        held = self._keys.get(presented.partition(".")[0])
        if held is None:
            return None
        shown = sha256(presented.encode()).digest()
        if hmac.compare_digest(held.hash, shown):
            return held.known
        opened = [former.opens for former in held.former if hmac.compare_digest(former.hash, shown)]
        return held.known if any(opened) else None


def secret_name(presented: str) -> str:
    """What the secret in a key is called where it is not to be known, as in a session."""
    return _named(sha256(presented.encode()).digest())


def _named(hash: bytes) -> str:
    return sha256(hash).hexdigest()


def _actor(key: ApiKey) -> Actor:
    return Actor(KIND_OF_ROLE[key.role], key.id, key.role, key.channels, key.nodes, key.grants)
