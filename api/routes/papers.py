"""What is printed at the packing table."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response

from api.deps import Caller, Running
from api.guard import routes
from api.wire.base import Id
from oms.usecases import papers

router: APIRouter = routes("fulfilment")

OneId = Annotated[Id, Path()]
PDF = "application/pdf"
_PDF: dict[int | str, dict[str, Any]] = {
    200: {"content": {PDF: {"schema": {"type": "string", "format": "binary"}}}}
}


@router.get("/v1/fulfilment-orders/{id}/packing-slip.pdf", response_class=Response, responses=_PDF)
def packing_slip(id: OneId, caller: Caller, running: Running) -> Response:
    """A packing slip for each parcel, without prices."""
    return Response(papers.packing_slip(running, caller, id), media_type=PDF)


@router.get("/v1/fulfilment-orders/{id}/label.pdf", response_class=Response, responses=_PDF)
def label(id: OneId, caller: Caller, running: Running) -> Response:
    """A label for each parcel, with the carrier's reference as a barcode where there is one."""
    return Response(papers.label(running, caller, id), media_type=PDF)
