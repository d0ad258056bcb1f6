"""Idempotency keys and the answers kept for them (IETF draft-ietf-httpapi-idempotency-key-header).

A key is held by an advisory lock of the transaction that works on it, so a second request with it is told at
once that the first still runs, and a crash frees it. The row is written by the same commit as the effect.

An answer counts as long as it is there, whatever a clock says: who looks does not judge its age. It goes when
two clocks, each by its own stamps, say that its time is over (`forget_old`); one that has jumped, when it was
written or now, makes nothing happen twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

import orjson
from sqlalchemy import Connection, Row, delete, func, text
from sqlalchemy.dialects.postgresql import insert

from oms.refusals import Code, Fault, Refusal
from oms.store.foundation_tables import request as requests

KEPT = timedelta(hours=24)


@dataclass(frozen=True)
class RequestKey:
    """One request: whose key it came with, the Idempotency-Key, and a digest of method, path and body.
    ``about``: the ids in its path, by which its answer is found when a person is erased.
    """

    key_id: str
    key: str
    digest: bytes
    about: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answer:
    """What a finished request answers, to the byte: `body` is JSON text."""

    status: int
    body: bytes
    headers: Mapping[str, str]

    @classmethod
    def of(cls, status: int, document: Any, headers: Mapping[str, str] | None = None) -> "Answer":
        """Encode `document` (anything orjson can write: dicts, dataclasses, instants, …)."""
        return cls(status, orjson.dumps(document), headers or {})


class Overtaken(Exception):
    """A request with the same key committed between our look and our write; roll back and look again."""


IN_PROGRESS = Refusal(Code.IDEMPOTENCY_IN_PROGRESS, "A request with this Idempotency-Key is still running")
REUSED = Refusal(Code.IDEMPOTENCY_KEY_REUSED, "This Idempotency-Key was used before, with another request")
ERASED = Refusal(
    Code.ANSWER_ERASED,
    "The person this request was about was erased, and the answer with it. The request had its answer before "
    "and nothing is done again; a new one needs a new Idempotency-Key",
)

_CLAIM = text(
    """
    SELECT ask.place, pg_try_advisory_xact_lock(ask.lock) AS mine,
           kept.digest, kept.refused, kept.status, kept.headers, kept.body
    FROM unnest(CAST(:key_ids AS text[]), CAST(:keys AS text[]), CAST(:locks AS bigint[]))
         WITH ORDINALITY AS ask(key_id, key, lock, place)
    LEFT JOIN request AS kept ON kept.key_id = ask.key_id AND kept.key = ask.key
    ORDER BY ask.place
    """
)

_EMPTY = text(
    """
    UPDATE request SET refused = true, status = 0, headers = '{}', body = :said
    WHERE about && CAST(:about AS text[])
       OR EXISTS (SELECT FROM unnest(CAST(:marks AS bytea[])) mark WHERE position(mark IN body) > 0)
    """
)


def claim(conn: Connection, asked: Sequence[RequestKey]) -> list[Answer | Refusal | None]:
    """For each request: None when it is ours to do in this transaction, else what to answer at once."""
    found = conn.execute(
        _CLAIM,
        {
            "key_ids": [one.key_id for one in asked],
            "keys": [one.key for one in asked],
            "locks": [_lock(one) for one in asked],
        },
    )
    return [_decide(one, row) for one, row in zip(asked, found, strict=True)]


def record(conn: Connection, at: datetime, done: Sequence[tuple[RequestKey, Answer | Refusal]]) -> None:
    """Keep the answers, in the transaction of their effects. Raises Overtaken."""
    if not done:
        return
    rows = [_row(at, one, answer) for one, answer in done]
    kept = insert(requests).on_conflict_do_nothing(index_elements=["key_id", "key"])
    if len(conn.execute(kept.returning(requests.c.key), rows).all()) < len(rows):
        raise Overtaken


def forget_old(conn: Connection, at: datetime, kept: timedelta = KEPT) -> int:
    """Delete the answers older than that by our clock and by the database's; return how many."""
    old = requests.c.at <= at - kept, requests.c.stored_at <= func.now() - kept
    return conn.execute(delete(requests).where(*old)).rowcount


def empty(conn: Connection, about: Sequence[str], marks: Sequence[bytes]) -> None:
    """Forget what was answered to requests about one of these ids, or with one of these marks in the answer.
    The requests stay known: a repetition is told, and does nothing.
    """
    conn.execute(_EMPTY, {"about": list(about), "marks": list(marks), "said": orjson.dumps(asdict(ERASED))})


def _lock(one: RequestKey) -> int:
    name = f"{one.key_id}\0{one.key}".encode()
    return int.from_bytes(blake2b(name, digest_size=8).digest(), "big", signed=True)


def _decide(one: RequestKey, row: Row[Any]) -> Answer | Refusal | None:
    if row.digest is not None and row.digest != one.digest:
        return REUSED
    if row.digest is not None:
        return _refusal(row.body) if row.refused else Answer(row.status, row.body, row.headers)
    return None if row.mine else IN_PROGRESS


def _row(at: datetime, one: RequestKey, answer: Answer | Refusal) -> dict[str, Any]:
    return {
        "key_id": one.key_id,
        "key": one.key,
        "digest": one.digest,
        "about": list(one.about),
        "at": at,
        "refused": isinstance(answer, Refusal),
        "status": 0 if isinstance(answer, Refusal) else answer.status,
        "headers": {} if isinstance(answer, Refusal) else dict(answer.headers),
        "body": orjson.dumps(asdict(answer)) if isinstance(answer, Refusal) else answer.body,
    }


def _refusal(body: bytes) -> Refusal:
    said = orjson.loads(body)
    faults = tuple(Fault(**fault) for fault in said["faults"])
    return Refusal(Code(said["code"]), said["detail"], faults, said["extra"])
