"""Decisions stored small: the compressed inputs, the versions they were made under, and the plan."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

import orjson
from sqlalchemy import Connection, Row, select

from oms.store.order_tables import decision
from oms.store.rows import insert_rows

FAST = 1
"""zlib's fastest level: a problem is mostly zeros, higher levels gain little and cost the checkout."""


@dataclass(frozen=True, slots=True)
class Decision:
    """``reference``: the order or reservation decided for. ``inputs``: problem and exclusions."""

    id: str
    at: datetime
    reference: str
    trigger: str
    inputs: Mapping[str, Any]
    network_version: int
    network_digest: str
    policy_version: int
    plan: Mapping[str, Any]
    digest: str = ""


def insert_decisions(conn: Connection, values: Sequence[Decision]) -> None:
    """Write decisions; the digest of each is that of its inputs."""
    insert_rows(conn, decision, [_row(value) for value in values])


def _row(value: Decision) -> dict[str, Any]:
    inputs = orjson.dumps(value.inputs, option=orjson.OPT_SERIALIZE_NUMPY)
    return {
        "id": value.id,
        "at": value.at,
        "reference": value.reference,
        "trigger": value.trigger,
        "digest": sha256(inputs).hexdigest(),
        "inputs": zlib.compress(inputs, FAST),
        "network_version": value.network_version,
        "network_digest": value.network_digest,
        "policy_version": value.policy_version,
        "plan": value.plan,
    }


def decisions_of(conn: Connection, references: Sequence[str]) -> list[Decision]:
    """The decisions for these orders and reservations, in the order they were made."""
    rows = select(decision).where(decision.c.reference.in_(references))
    return [_value(row) for row in conn.execute(rows.order_by(decision.c.at, decision.c.id))]


def decision_by_id(conn: Connection, decision_id: str) -> Decision | None:
    """One decision, in whichever partition."""
    row = conn.execute(select(decision).where(decision.c.id == decision_id)).first()
    return None if row is None else _value(row)


def _value(row: Row[Any]) -> Decision:
    inputs = zlib.decompress(row.inputs)
    assert sha256(inputs).hexdigest() == row.digest, "a stored decision is never changed"
    return Decision(
        id=row.id,
        at=row.at,
        reference=row.reference,
        trigger=row.trigger,
        inputs=orjson.loads(inputs),
        network_version=row.network_version,
        network_digest=row.network_digest,
        policy_version=row.policy_version,
        plan=row.plan,
        digest=row.digest,
    )
