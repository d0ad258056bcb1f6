"""API keys, for admins."""

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any, Literal

import orjson
from fastapi import Path, Request, Response
from pydantic import ConfigDict, Field

from api.deps import Caller, IdempotencyKey, Running, reply
from api.guard import routes
from api.paging import Paging, page_of
from api.wire.base import Id, Instant, Text, Wire, Word
from oms.actors import Actor, Role
from oms.bootstrap import Runtime
from oms.store.keys import ApiKey
from oms.usecases import keys
from oms.usecases.keys import NewKey
from oms.work import Answer, RequestKey, Work, answer_once, transact

router = routes("keys")

RoleName = Literal["storefront", "staff", "courier", "backoffice", "admin"]


class KeyWanted(Wire):
    """A key to be made. Leave `channels` or `nodes` out for all of them."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "web shop", "role": "storefront", "channels": ["web"]}]}
    )
    name: Annotated[Text, Field(min_length=1)]
    role: RoleName
    channels: Annotated[list[Word], Field(max_length=100)] | None = None
    nodes: Annotated[list[Id], Field(max_length=1000)] | None = None
    grants: Annotated[list[Literal["cost", "node_stock"]], Field(max_length=2)] = Field(default_factory=list)
    rate_per_minute: Annotated[int, Field(ge=1, le=10_000_000)] | None = None


class Key(Wire):
    """A key as it is shown: without its secret."""

    id: str
    name: str
    role: RoleName
    channels: list[str] | None
    nodes: list[str] | None
    grants: list[str]
    rate_per_minute: int | None
    created_at: Instant
    revoked_at: Instant | None
    old_secret_until: Instant | None


class KeyRotation(Wire):
    """For how long the secret before opens the key too: seconds, a day unless said, at most a week."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"overlap_s": 86400}]})
    overlap_s: Annotated[int, Field(ge=0, le=keys.LONGEST_OVERLAP_S)] = keys.DAY_S


class KeyMade(Key):
    """`key` is what to send as `Authorization: Bearer`. Shown this once: null when the request is
    repeated."""

    key: str | None


class Keys(Wire):
    """A page of keys."""

    items: list[Key]
    next: str | None


@router.post("/v1/keys", status_code=201, response_model=KeyMade)
def make_key(body: KeyWanted, caller: Caller, running: Running, request: IdempotencyKey) -> Response:
    """Make a key, bounded to nodes that exist. Repeating the request does not show the secret again: it is
    kept nowhere.
    """

    def make(work: Work) -> NewKey:
        return keys.create_key(work, **{**body.model_dump(), "role": Role(body.role)})

    return _with_secret(running, caller, request, 201, make)


@router.get("/v1/keys", response_model=Keys)
def list_keys(running: Running, request: Request, page: Paging) -> Response:
    """All keys by id, revoked ones too."""
    after = page.key(str) or [""]
    with running.engine.begin() as conn:
        rows = keys.list_keys(conn, after[0], page.limit + 1)
    return page_of(request, page, rows, show, lambda key: [key.id])


@router.delete("/v1/keys/{id}", status_code=204, response_class=Response)
def revoke_key(id: Annotated[str, Path(max_length=100)], caller: Caller, running: Running) -> Response:
    """End a key, in every process within a second. Ending it twice is no fault."""
    transact(running, caller, lambda work: keys.revoke_key(work, id))
    running.refresher.look()
    return Response(status_code=204)


@router.post("/v1/keys/{id}/rotate", response_model=KeyMade)
def rotate_key(
    id: Annotated[str, Path(max_length=100)],
    body: KeyRotation,
    caller: Caller,
    running: Running,
    request: IdempotencyKey,
) -> Response:
    """Give a key another secret, shown this once; during the overlap the one before opens it too. What the
    key holds and owns stays with it.
    """
    overlap = timedelta(seconds=body.overlap_s)
    return _with_secret(running, caller, request, 200, lambda work: keys.rotate_key(work, id, overlap))


def _with_secret(
    running: Runtime, caller: Actor, request: RequestKey, status: int, make: Callable[[Work], NewKey]
) -> Response:
    """The answer with the key, which is kept nowhere: whoever repeats the request gets it without."""
    made: list[tuple[Answer, str]] = []

    def work_on(work: Work) -> Answer:
        new = make(work)
        made.append((Answer.of(status, show(new.key)), new.secret))
        return made[-1][0]

    given = answer_once(running, caller, request, work_on)
    running.refresher.look()
    # What was made and then undone, for the same request was faster elsewhere, opens nothing.
    secret = next((secret for answer, secret in made if answer is given), None)
    return reply({**orjson.loads(given.body), "key": secret}, given.status)


def show(key: ApiKey) -> dict[str, Any]:
    """A key as JSON."""
    return {
        "id": key.id,
        "name": key.name,
        "role": key.role.value,
        "channels": None if key.channels is None else sorted(key.channels),
        "nodes": None if key.nodes is None else sorted(key.nodes),
        "grants": sorted(key.grants),
        "rate_per_minute": key.rate_per_minute,
        "created_at": key.created_at,
        "revoked_at": key.revoked_at,
        "old_secret_until": key.old_secret_until,
    }
