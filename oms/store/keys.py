"""API keys at rest: the hash, never the key."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, insert, select, update

from oms.actors import Role
from oms.store.foundation_tables import api_key
from oms.store.versions import bump


@dataclass(frozen=True)
class ApiKey:
    """`channels` and `nodes` bound the scope, None means all; `rate_per_minute` None means the role's
    default."""

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


def key_of(conn: Connection, key_id: str) -> ApiKey | None:
    """One key, revoked or not."""
    row = conn.execute(select(api_key).where(api_key.c.id == key_id)).mappings().first()
    return None if row is None else _key(row)


def list_page(conn: Connection, after: str, limit: int) -> list[ApiKey]:
    """Keys by id, revoked ones too."""
    rows = conn.execute(select(api_key).where(api_key.c.id > after).order_by(api_key.c.id).limit(limit))
    return [_key(row) for row in rows.mappings()]


def living(conn: Connection) -> list[ApiKey]:
    """All keys that open something."""
    rows = conn.execute(select(api_key).where(api_key.c.revoked_at.is_(None)))
    return [_key(row) for row in rows.mappings()]


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
    )
