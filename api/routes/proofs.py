"""Pictures taken at the door: up under the hash of their bytes, down for who may see the stop."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response

from api.deps import Caller, Running, reply
from api.guard import routes
from api.wire.courier import MadeId, PictureShown, Sha256
from oms.courier.proof import BYTES_MOST, MEDIA_TYPES
from oms.usecases import proofs
from oms.work import transact

router: APIRouter = routes("courier", largest_body=BYTES_MOST)

_BYTES = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in MEDIA_TYPES}
_SENT: dict[str, Any] = {"requestBody": {"required": True, "content": _BYTES}}
_SERVED: dict[int | str, dict[str, Any]] = {200: {"content": _BYTES}}

Hash = Annotated[Sha256, Path(description="SHA-256 of the bytes, in hexadecimal")]
AStop = Annotated[MadeId, Path()]


async def _content(request: Request) -> bytes:
    return await request.body()


@router.put(
    "/v1/courier/stops/{id}/proofs/{sha256}",
    status_code=201,
    response_model=PictureShown,
    responses={200: {"model": PictureShown}},
    openapi_extra=_SENT,
)
def keep_proof(
    id: AStop, sha256: Hash, content: Annotated[bytes, Depends(_content)], caller: Caller, running: Running
) -> Response:
    """Bring up a picture that a report of the stop names, or will name. It is judged by its bytes: JPEG or
    PNG, at most 8 MiB; the same again is answered 200.
    """
    shown, fresh = transact(running, caller, lambda work: proofs.keep_proof(work, id, sha256, content))
    return reply(shown, 201 if fresh else 200)


@router.get("/v1/courier/stops/{id}/proofs/{sha256}", response_class=Response, responses=_SERVED)
def read_proof(id: AStop, sha256: Hash, caller: Caller, running: Running) -> Response:
    """A picture taken at the door."""
    kind, content = transact(running, caller, lambda work: proofs.read_proof(work, id, sha256))
    return Response(content, media_type=kind)
