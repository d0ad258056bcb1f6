"""Stock: facts, counts, what may be promised, positions and the ledger."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from api.deps import Caller, IdempotencyKey, Running, answer, reply
from api.guard import routes
from api.paging import Paging, page_of
from api.wire.base import Id
from api.wire.stock import (
    Blocks,
    Counts,
    Fences,
    LedgerPage,
    Movements,
    PositionPage,
    SafetyStocks,
    StockResult,
)
from inventory import reads
from inventory.movements import Cause, FenceLine, SafetyStock
from oms.actors import Actor
from oms.bootstrap import Runtime
from oms.usecases import stock
from oms.usecases.stock import Counted, Movement, Settled
from oms.work import Answer, Work, answer_once, transact

router: APIRouter = routes("stock")

OneNode = Annotated[Id | None, Query(description="Only this node")]
OneSku = Annotated[Id | None, Query(description="Only this SKU")]


@router.post("/v1/stock/movements", status_code=201, response_model=StockResult)
def move(body: Movements, caller: Caller, running: Running, request: IdempotencyKey) -> Response:
    """Enter what happened to units. Facts are never refused for lack of stock: what was promised and is no
    longer there looks for another node."""
    lines = [
        Movement(
            line.node,
            line.sku,
            Cause(line.cause),
            line.quantity,
            line.reference,
            line.occurred_at,
            line.channel or "",
        )
        for line in body.movements
    ]

    def work_on(work: Work) -> Answer:
        return Answer.of(201, _show(stock.move_stock(work, lines, whole=body.atomic)))

    return answer(answer_once(running, caller, request, work_on))


@router.put("/v1/stock/counts", response_model=StockResult)
def count(body: Counts, caller: Caller, running: Running) -> Response:
    """Enter what was counted; the difference to the books becomes a movement, and a block ends."""
    lines = [
        Counted(line.node, line.sku, line.quantity, line.reference, line.occurred_at) for line in body.counts
    ]
    return _put(running, caller, lambda work: stock.count_stock(work, lines, whole=body.atomic))


@router.put("/v1/stock/safety-stock", response_model=StockResult)
def put_safety_stock(body: SafetyStocks, caller: Caller, running: Running) -> Response:
    """Say how many units no channel may promise."""
    lines = [SafetyStock(line.node, line.sku, line.quantity) for line in body.lines]
    return _put(running, caller, lambda work: stock.set_safety_stock(work, lines))


@router.put("/v1/stock/fences", response_model=StockResult)
def put_fences(body: Fences, caller: Caller, running: Running) -> Response:
    """Keep units for channels."""
    lines = [
        FenceLine(line.node, line.sku, line.name, frozenset(line.channels), line.quantity)
        for line in body.lines
    ]
    return _put(running, caller, lambda work: stock.set_fences(work, lines))


@router.put("/v1/stock/blocks", response_model=StockResult)
def put_blocks(body: Blocks, caller: Caller, running: Running) -> Response:
    """Promise nothing of these pairs until they are counted, or end such a block."""
    pairs = [(line.node, line.sku) for line in body.lines]
    return _put(running, caller, lambda work: stock.set_blocks(work, pairs, blocked=body.blocked))


@router.get("/v1/stock", response_model=PositionPage)
def list_positions(
    caller: Caller,
    running: Running,
    request: Request,
    page: Paging,
    node: OneNode = None,
    sku: OneSku = None,
) -> Response:
    """Positions by SKU and node, in the order in which these became known."""
    after = page.key(str, str)
    with running.reads.connect() as conn:
        seen = _seen(caller, node)
        last = (str(after[0]), str(after[1])) if after else None
        rows = reads.positions(conn, nodes=seen, sku=sku, after=last, most=page.limit + 1)
    return page_of(request, page, rows, _show_position, lambda row: [row.sku, row.node])


@router.get("/v1/stock/movements", response_model=LedgerPage)
def list_movements(
    caller: Caller,
    running: Running,
    request: Request,
    page: Paging,
    node: OneNode = None,
    sku: OneSku = None,
) -> Response:
    """The ledger, in the order in which it was written."""
    after = page.key(int) or [0]
    with running.reads.connect() as conn:
        seen = _seen(caller, node)
        rows = reads.ledger(conn, after=after[0], nodes=seen, sku=sku, most=page.limit + 1)
    return page_of(request, page, rows, _show_entry, lambda row: [row.id])


def _seen(caller: Actor, node: str | None) -> frozenset[str] | None:
    """The nodes the answer may show; None for all of them."""
    if node is None:
        return caller.nodes
    caller.must_see(caller.may_node(node), "node")
    return frozenset((node,))


def _put(running: Runtime, caller: Actor, act: Callable[[Work], Settled]) -> Response:
    return reply(_show(transact(running, caller, act)))


def _show(settled: Settled) -> dict[str, Any]:
    return {
        "results": [
            {
                "on_hand": line.on_hand,
                "code": line.fault and line.fault.code,
                "detail": line.fault and line.fault.detail,
            }
            for line in settled.lines
        ],
        "displaced": settled.displaced,
    }


def _show_position(row: reads.PositionRow) -> dict[str, Any]:
    return {
        "node": row.node,
        "sku": row.sku,
        "on_hand": row.on_hand,
        "reserved": row.reserved,
        "safety_stock": row.safety_stock,
        "available": row.available,
        "blocked": row.blocked,
        "bin": row.bin,
    }


def _show_entry(row: reads.LedgerRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "at": row.at,
        "occurred_at": row.occurred_at,
        "sku": row.sku,
        "quantity": row.quantity,
        "from_place": row.from_place,
        "to_place": row.to_place,
        "cause": row.cause,
        "reference": row.reference,
        "actor": row.actor,
    }
