"""`Idempotency-Key`, as a dependency: what identifies this request and what it asked for."""

from hashlib import sha256
from json import JSONDecodeError
from typing import Annotated, Any

import orjson
from fastapi import Depends, Header, Request
from fastapi.exceptions import RequestValidationError

from api.guard import actor_of
from oms.work import RequestKey


async def _request_key(
    request: Request,
    idempotency_key: Annotated[
        str,
        Header(
            min_length=1,
            max_length=255,
            pattern=r"^[\x21-\x7e]+$",
            description="Chosen by the client, once per intended effect; a repetition gets the first "
            "answer again. Kept 24 hours.",
            examples=["8e03978e-40d5-43dd-bc93-6894a57f9324"],
        ),
    ],
) -> RequestKey:
    # The draft spells the key as a quoted string of RFC 8941; most clients leave the quotes out.
    quoted = len(idempotency_key) > 2 and idempotency_key[0] == idempotency_key[-1] == '"'
    key = idempotency_key[1:-1] if quoted else idempotency_key
    about = tuple(str(id) for id in request.path_params.values())
    return RequestKey(actor_of(request).key_id, key, await digest_of(request), about)


async def digest_of(request: Request) -> bytes:
    """SHA-256 of what is asked: method, address and body, where order of members and white space do not
    count."""
    body = await request.body()
    try:
        document: Any = await request.json() if body else None
    except JSONDecodeError as error:  # FastAPI says so itself only where the route takes a body
        found = {"type": "json_invalid", "loc": ("body", error.pos), "ctx": {"error": error.msg}}
        raise RequestValidationError([found | {"msg": error.msg, "input": None}]) from error
    said = orjson.dumps(document, option=orjson.OPT_SORT_KEYS)
    address = f"{request.method} {request.url.path}?{request.url.query}\n"
    return sha256(address.encode() + said).digest()


IdempotencyKey = Annotated[RequestKey, Depends(_request_key)]
"""For every POST that creates or moves something; hand it to `oms.work.answer_once`."""


BodyDigest = Annotated[bytes, Depends(digest_of)]
"""For a PUT whose repetition must be the same request."""


async def _optional_key(
    request: Request,
    idempotency_key: Annotated[
        str | None,
        Header(
            min_length=1, max_length=255, pattern=r"^[\x21-\x7e]+$", description="Required with `reserve`"
        ),
    ] = None,
) -> RequestKey | None:
    return None if idempotency_key is None else await _request_key(request, idempotency_key)


OptionalKey = Annotated[RequestKey | None, Depends(_optional_key)]
"""For a POST that changes something only when the body says so."""
