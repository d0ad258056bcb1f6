"""API keys at rest: the hash, never the key.

When a former secret ends is said by the database's clock alone, when it is set and when it is read: so it
ends in all processes at once, whatever their machines' clocks say.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, RowMapping, Select, delete, func, insert, select, update

from oms.actors import Role
from oms.store.foundation_tables import api_key, former_secret
from oms.store.two_clocks import agreed
from oms.store.versions import bump


@dataclass(frozen=True)
class ApiKey:
    """`channels` and `nodes` bound the scope, None means all; `rate_per_minute` None means the role's
    default; `old_secret_until`: until when the last of its former secrets opens too, None if none does."""

    id: str
    name: str
    hash: bytes
    role: Role
    channels: frozenset[str] | None
    nodes: frozenset[str] | None
    grants: frozenset[str]
    rate_per_minute: int | None
    created_at: datetime
    revoked_at: datetime | None
    old_secret_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class FormerSecret:
    """The hash of a secret a key had before, and for how many seconds from now it opens."""

    key_id: str
    hash: bytes
    left_s: float


def insert_key(conn: Connection, key: ApiKey) -> None:
    """Store a new key; every process learns of it within a second."""
    conn.execute(
        insert(api_key).values(
            id=key.id,
            name=key.name,
            hash=key.hash,
            role=key.role.value,
            channels=None if key.channels is None else sorted(key.channels),
            nodes=None if key.nodes is None else sorted(key.nodes),
            grants=sorted(key.grants),
            rate_per_minute=key.rate_per_minute,
            created_at=key.created_at,
        )
    )
    bump(conn, "keys")


def revoke(conn: Connection, key_id: str, at: datetime) -> bool:
    """Revoke a key; whether there was one. Revoking twice keeps the first instant."""
    living = api_key.c.revoked_at.is_(None)
    if conn.execute(update(api_key).where(api_key.c.id == key_id, living).values(revoked_at=at)).rowcount:
        bump(conn, "keys")
        return True
    return conn.scalar(select(api_key.c.id).where(api_key.c.id == key_id)) is not None


def locked_key(conn: Connection, key_id: str) -> ApiKey | None:
    """One key, revoked or not, locked until the transaction ends."""
    conn.execute(select(api_key.c.id).where(api_key.c.id == key_id).with_for_update())
    return key_of(conn, key_id)


def replace_secret(conn: Connection, key: ApiKey, hash: bytes, overlap: timedelta, at: datetime) -> None:
    """Give a key that was locked another secret. The one before opens until the overlap is over, and those
    before that no longer than until then. What ended is forgotten.
    """
    ends = func.now() + overlap
    mine = former_secret.c.key_id == key.id
    conn.execute(delete(former_secret).where(former_secret.c.until < agreed(conn, at)))
    conn.execute(update(former_secret).where(mine, former_secret.c.until > ends).values(until=ends))
    conn.execute(insert(former_secret).values(hash=key.hash, key_id=key.id, until=ends))
    conn.execute(update(api_key).where(api_key.c.id == key.id).values(hash=hash))
    bump(conn, "keys")


def former_secrets(conn: Connection, key_id: str | None = None) -> list[FormerSecret]:
    """The former secrets that still open their key: of one key, or of all."""
    left = func.extract("epoch", former_secret.c.until - func.now())
    found = select(former_secret.c.key_id, former_secret.c.hash, left).where(left > 0)
    if key_id is not None:
        found = found.where(former_secret.c.key_id == key_id)
    return [FormerSecret(key, hash, float(left_s)) for key, hash, left_s in conn.execute(found)]


def key_of(conn: Connection, key_id: str) -> ApiKey | None:
    """One key, revoked or not."""
    row = conn.execute(_keys().where(api_key.c.id == key_id)).mappings().first()
    return None if row is None else _key(row)


def list_page(conn: Connection, after: str, limit: int) -> list[ApiKey]:
    """Keys by id, revoked ones too."""
    rows = conn.execute(_keys().where(api_key.c.id > after).order_by(api_key.c.id).limit(limit))
    return [_key(row) for row in rows.mappings()]


def living(conn: Connection) -> list[ApiKey]:
    """All keys that open something."""
    rows = conn.execute(_keys().where(api_key.c.revoked_at.is_(None)))
    return [_key(row) for row in rows.mappings()]


def _keys() -> Select[tuple[object, ...]]:
    opening = (former_secret.c.key_id == api_key.c.id) & (former_secret.c.until > func.now())
    until = select(func.max(former_secret.c.until)).where(opening, api_key.c.revoked_at.is_(None))
    return select(api_key, until.scalar_subquery().label("old_secret_until"))


def _key(row: RowMapping) -> ApiKey:
    def bound(names: list[str] | None) -> frozenset[str] | None:
        return None if names is None else frozenset(names)

    return ApiKey(
        id=row["id"],
        name=row["name"],
        hash=row["hash"],
        role=Role(row["role"]),
        channels=bound(row["channels"]),
        nodes=bound(row["nodes"]),
        grants=frozenset(row["grants"]),
        rate_per_minute=row["rate_per_minute"],
        created_at=row["created_at"],
        revoked_at=row["revoked_at"],
        old_secret_until=row["old_secret_until"],
    )
