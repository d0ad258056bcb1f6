"""API keys: made, listed, given another secret, revoked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from sqlalchemy import Connection

from inventory.catalogue_read import known_nodes
from oms.actors import Role
from oms.adapters.ids import new_secret
from oms.refusals import Code, Fault, not_found, refuse
from oms.store import keys as store
from oms.store.keys import ApiKey
from oms.work import Work

DAY_S = 86_400
LONGEST_OVERLAP_S = 7 * DAY_S
SECRETS_MOST = 8
"""Former secrets that open a key at once: each costs a comparison at every request."""


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


def rotate_key(work: Work, key_id: str, overlap: timedelta) -> NewKey:
    """Give a key another secret; all else of it stays, what it holds and owns too. The secret before opens
    as well until the overlap is over.

    Done again, because the answer was lost, it takes nothing from the secret that is in use: a former one
    ends when it was first said to, or sooner if the overlap now is shorter. Raises Refused: not_found,
    illegal_transition for a revoked key, in_use when too many secrets open it.
    """
    found = store.locked_key(work.conn, key_id)
    if found is None:
        raise not_found("key")
    if found.revoked_at is not None:
        raise refuse(Code.ILLEGAL_TRANSITION, "The key is revoked for good; make another one")
    if overlap and len(store.former_secrets(work.conn, key_id)) >= SECRETS_MOST:
        detail = f"{SECRETS_MOST} former secrets open this key; wait until one has ended, or let none go on"
        raise refuse(Code.IN_USE, detail)
    secret = f"{key_id}.{new_secret()}"
    store.replace_secret(work.conn, found, sha256(secret.encode()).digest(), overlap, work.at)
    work.emit("key.rotated", "key", key_id, {})
    shown = store.key_of(work.conn, key_id)
    assert shown is not None
    return NewKey(shown, secret)


def revoke_key(work: Work, key_id: str) -> None:
    """End a key, everywhere within a second. Raises Refused `not_found`."""
    if not store.revoke(work.conn, key_id, work.at):
        raise not_found("key")
    work.emit("key.revoked", "key", key_id, {})
