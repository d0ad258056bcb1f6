"""Pictures taken at doors to rows and back. The order's row is the lock for those of its stops."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, text
from sqlalchemy.dialects.postgresql import insert

from oms.courier.proof import PICTURES, Picture
from oms.store.courier_tables import courier_proof as proof

_NAMED = text(
    """
    SELECT DISTINCT named.value FROM courier_event e, jsonb_each_text(e.data -> 'proof') named
    WHERE e.stop_id = :stop AND named.key = ANY(:kinds) AND NOT EXISTS (
        SELECT FROM courier_proof p WHERE p.stop_id = :stop AND p.digest = decode(named.value, 'hex'))
    ORDER BY 1
    """
)


def keep_picture(conn: Connection, stop_id: str, picture: Picture, content: bytes, actor: str) -> None:
    """Write a picture of a stop that has none of these bytes yet."""
    row: dict[str, Any] = {"stop_id": stop_id, "digest": bytes.fromhex(picture.sha256), "content": content}
    row |= {"media_type": picture.media_type, "at": picture.at, "actor": actor}
    conn.execute(insert(proof).values(row))


def pictures_of(conn: Connection, stop_id: str) -> list[Picture]:
    """The pictures of a stop that have come up, the oldest first."""
    size = func.octet_length(proof.c.content).label("size")
    rows = select(proof.c.digest, proof.c.media_type, size, proof.c.at).where(proof.c.stop_id == stop_id)
    found = conn.execute(rows.order_by(proof.c.at, proof.c.digest))
    return [Picture(row.digest.hex(), row.media_type, row.size, row.at) for row in found]


def content_of(conn: Connection, stop_id: str, sha256: str) -> tuple[str, bytes] | None:
    """(media type, bytes) of one picture."""
    one = (proof.c.stop_id == stop_id) & (proof.c.digest == bytes.fromhex(sha256))
    row = conn.execute(select(proof.c.media_type, proof.c.content).where(one)).first()
    return None if row is None else (row.media_type, row.content)


def still_to_come(conn: Connection, stop_id: str) -> list[str]:
    """SHA-256 of the pictures that a report of the stop names and that have not come up."""
    return list(conn.scalars(_NAMED, {"stop": stop_id, "kinds": list(PICTURES)}))


def forget_pictures(conn: Connection, before: datetime, most: int) -> int:
    """A portion of the pictures that came up before that; how many."""
    old = select(proof.c.stop_id, proof.c.digest).where(proof.c.at < before).limit(most).subquery()
    gone = proof.delete().where(proof.c.stop_id == old.c.stop_id, proof.c.digest == old.c.digest)
    return conn.execute(gone).rowcount
