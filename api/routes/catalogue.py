"""Nodes, SKUs and kits: put whole, read, listed. Putting the same body twice is harmless."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response

from api.deps import Caller, Running, reply
from api.etag import ExpectedVersion, etag
from api.guard import routes
from api.paging import Paging, page_of
from api.wire.base import Id
from api.wire.catalogue import (
    KitBody,
    KitShown,
    NodePage,
    NodeShown,
    SkuBody,
    SkuPage,
    SkuShown,
    SubstitutesBody,
    SubstitutesShown,
)
from api.wire.network import NodeBody
from inventory.catalogue_edit import ComponentRow, NodeRow, SkuRow
from inventory.catalogue_read import KitRow, Versioned
from oms.memory.network_load import PROFILE_FIELDS
from oms.usecases import catalogue
from oms.work import transact

router: APIRouter = routes("catalogue")

OneId = Annotated[Id, Path()]


@router.put("/v1/nodes/{id}", response_model=NodeShown)
def put_node(
    id: OneId, body: NodeBody, caller: Caller, running: Running, expected: ExpectedVersion
) -> Response:
    """Store a node. Its stock stays; switched off (`active: false`) it serves no new order."""
    row = _node_row(id, body)
    stored = transact(running, caller, lambda work: catalogue.edit_node(work, row, expected))
    running.refresher.look()
    return reply(_show_node(stored), 200, etag(stored.version))


@router.get("/v1/nodes/{id}", response_model=NodeShown)
def get_node(id: OneId, running: Running) -> Response:
    """One node."""
    with running.engine.begin() as conn:
        stored = catalogue.get_node(conn, id)
    return reply(_show_node(stored), 200, etag(stored.version))


@router.get("/v1/nodes", response_model=NodePage)
def list_nodes(running: Running, request: Request, page: Paging) -> Response:
    """All nodes by id."""
    after = page.key(str) or [""]
    with running.engine.begin() as conn:
        rows = catalogue.list_nodes(conn, after[0], page.limit + 1)
    return page_of(request, page, rows, _show_node, lambda stored: [stored.row.id])


@router.put("/v1/skus/{id}", response_model=SkuShown)
def put_sku(
    id: OneId, body: SkuBody, caller: Caller, running: Running, expected: ExpectedVersion
) -> Response:
    """Store a SKU. A barcode names one SKU, and is no other's id: else `barcode_taken`."""
    given = body.model_dump()
    row = SkuRow(id, **{**given, "barcodes": tuple(body.barcodes), "flags": tuple(body.flags)})
    stored = transact(running, caller, lambda work: catalogue.edit_sku(work, row, expected))
    running.refresher.look()
    return reply(_show_sku(stored), 200, etag(stored.version))


@router.get("/v1/skus/{id}", response_model=SkuShown)
def get_sku(id: OneId, running: Running) -> Response:
    """One SKU."""
    with running.engine.begin() as conn:
        stored = catalogue.get_sku(conn, id)
    return reply(_show_sku(stored), 200, etag(stored.version))


@router.get("/v1/skus", response_model=SkuPage)
def list_skus(running: Running, request: Request, page: Paging) -> Response:
    """All SKUs by id."""
    after = page.key(str) or [""]
    with running.engine.begin() as conn:
        rows = catalogue.list_skus(conn, after[0], page.limit + 1)
    return page_of(request, page, rows, _show_sku, lambda stored: [stored.row.id])


@router.put("/v1/kits/{id}", response_model=KitShown)
def put_kit(
    id: OneId, body: KitBody, caller: Caller, running: Running, expected: ExpectedVersion
) -> Response:
    """Say what a SKU is made of. The SKU itself must exist."""
    parts = [ComponentRow(component.sku, component.quantity) for component in body.components]
    stored = transact(
        running, caller, lambda work: catalogue.edit_kit(work, id, parts, body.keep_together, expected)
    )
    running.refresher.look()
    return reply(_show_kit(stored), 200, etag(stored.version))


@router.get("/v1/kits/{id}", response_model=KitShown)
def get_kit(id: OneId, running: Running) -> Response:
    """What a SKU is made of."""
    with running.engine.begin() as conn:
        stored = catalogue.get_kit(conn, id)
    return reply(_show_kit(stored), 200, etag(stored.version))


@router.put("/v1/skus/{id}/substitutes", response_model=SubstitutesShown)
def put_substitutes(
    id: OneId, body: SubstitutesBody, caller: Caller, running: Running, expected: ExpectedVersion
) -> Response:
    """Say what may go instead of a SKU that is not on its shelf, the best first."""
    version = transact(
        running, caller, lambda work: catalogue.edit_substitutes(work, id, body.substitutes, expected)
    )
    running.refresher.look()
    shown = {"id": id, "substitutes": body.substitutes, "version": version}
    return reply(shown, 200, etag(version))


@router.get("/v1/skus/{id}/substitutes", response_model=SubstitutesShown)
def get_substitutes(id: OneId, running: Running) -> Response:
    """What may go instead of a SKU, the best first."""
    with running.engine.begin() as conn:
        version, found = catalogue.get_substitutes(conn, id)
    return reply({"id": id, "substitutes": found, "version": version}, 200, etag(version))


def _node_row(id: str, body: NodeBody) -> NodeRow:
    given = body.model_dump(mode="json")
    profile = {name: given.pop(name) for name in PROFILE_FIELDS}
    return NodeRow(id, **given, profile=profile)


def _show_node(stored: Versioned[NodeRow]) -> dict[str, Any]:
    columns = asdict(stored.row)
    profile = columns.pop("profile")
    return {**columns, **profile, "version": stored.version}


def _show_sku(stored: Versioned[SkuRow]) -> dict[str, Any]:
    return {**asdict(stored.row), "version": stored.version}


def _show_kit(stored: KitRow) -> dict[str, Any]:
    return asdict(stored)
