"""API keys, for admins."""

from typing import Annotated, Any, Literal

import orjson
from fastapi import Path, Request, Response
from pydantic import ConfigDict, Field

from api.deps import Caller, IdempotencyKey, Running, reply
from api.guard import routes
from api.paging import Paging, page_of
from api.wire.base import Id, Instant, Text, Wire, Word
from oms.actors import Role
from oms.store.keys import ApiKey
from oms.usecases import keys
from oms.work import Answer, Work, answer_once, transact

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
    made: list[str] = []

    def work_on(work: Work) -> Answer:
        wanted = body.model_dump()
        new = keys.create_key(work, **{**wanted, "role": Role(body.role)})
        made.append(new.secret)
        return Answer.of(201, show(new.key))

    given = answer_once(running, caller, request, work_on)
    running.refresher.look()
    document = orjson.loads(given.body)
    document["key"] = next((text for text in made if text.startswith(document["id"])), None)
    return reply(document, given.status)


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
    }
