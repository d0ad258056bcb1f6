"""API keys: made, listed, revoked; and the ring of living ones that each process keeps in memory."""

import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import Connection

from inventory.catalogue_read import known_nodes
from oms.actors import KIND_OF_ROLE, Actor, Role
from oms.adapters.ids import new_secret
from oms.refusals import Code, Fault, not_found, refuse
from oms.store import keys as store
from oms.store.keys import ApiKey
from oms.work import Work


@dataclass(frozen=True)
class NewKey:
    """A key as made: `secret` is shown once and kept nowhere."""

    key: ApiKey
    secret: str


def create_key(
    work: Work,
    *,
    name: str,
    role: Role,
    channels: Iterable[str] | None = None,
    nodes: Iterable[str] | None = None,
    grants: Iterable[str] = (),
    rate_per_minute: int | None = None,
) -> NewKey:
    """Make a key. Its text is `<id>.<256 random bits>`; a plain hash of that much chance cannot be guessed
    back. Raises Refused unknown_node.
    """
    nodes = None if nodes is None else list(nodes)
    _require_nodes(work.conn, nodes or [])
    key_id = work.ids.new("key")
    secret = f"{key_id}.{new_secret()}"
    key = ApiKey(
        id=key_id,
        name=name,
        hash=sha256(secret.encode()).digest(),
        role=role,
        channels=None if channels is None else frozenset(channels),
        nodes=None if nodes is None else frozenset(nodes),
        grants=frozenset(grants),
        rate_per_minute=rate_per_minute,
        created_at=work.at,
        revoked_at=None,
    )
    store.insert_key(work.conn, key)
    work.emit("key.created", "key", key_id, {"role": role.value})
    return NewKey(key, secret)


def _require_nodes(conn: Connection, nodes: Sequence[str]) -> None:
    """A key for a node that is not there would open nothing, or what somebody puts there one day."""
    known = known_nodes(conn, nodes)
    faults = [
        Fault(f"/nodes/{place}", Code.UNKNOWN_NODE, "There is no such node")
        for place, node in enumerate(nodes)
        if node not in known
    ]
    if faults:
        raise refuse(Code.UNKNOWN_NODE, "A key is bounded to nodes that exist", *faults)


def list_keys(conn: Connection, after: str = "", limit: int = 200) -> list[ApiKey]:
    """Keys by id, without their secrets, which nobody has."""
    return store.list_page(conn, after, limit)


def revoke_key(work: Work, key_id: str) -> None:
    """End a key, everywhere within a second. Raises Refused `not_found`."""
    if not store.revoke(work.conn, key_id, work.at):
        raise not_found("key")
    work.emit("key.revoked", "key", key_id, {})


class KeyRing:
    """The living keys in memory; `reload` replaces them whole, `open` finds who a presented key stands
    for."""

    def __init__(self) -> None:
        self._keys: dict[str, tuple[ApiKey, Actor]] = {}

    def reload(self, conn: Connection) -> None:
        """Read the living keys."""
        self._keys = {key.id: (key, _actor(key)) for key in store.living(conn)}

    def living(self, key_id: str) -> bool:
        """Whether the key still opens anything."""
        return key_id in self._keys

    def known(self, key_id: str) -> tuple[ApiKey, Actor] | None:
        """A living key and its actor, or None; for those who have proved before that it is theirs."""
        return self._keys.get(key_id)

    def couriers(self) -> list[ApiKey]:
        """The living keys of couriers."""
        return [key for key, _ in self._keys.values() if key.role is Role.COURIER]

    def name(self, key_id: str) -> str:
        """What a living key is called; empty for others."""
        found = self._keys.get(key_id)
        return found[0].name if found else ""

    def open(self, presented: str) -> tuple[ApiKey, Actor] | None:
        """The key and its actor, or None. Takes the same time whichever byte is wrong."""
        found = self._keys.get(presented.partition(".")[0])
        if found is None or not hmac.compare_digest(found[0].hash, sha256(presented.encode()).digest()):
            return None
        return found


def _actor(key: ApiKey) -> Actor:
    return Actor(KIND_OF_ROLE[key.role], key.id, key.role, key.channels, key.nodes, key.grants)
