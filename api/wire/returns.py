"""Bodies of returns: asked for, received, inspected, refunded, exchanged."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from api.wire.base import Count, Id, Instant, Quantity, Text, Wire, Word
from api.wire.checkout import MOST_LINES, AnyLine, Token
from api.wire.order_changes import Through
from api.wire.orders import PLACED, Name, OrderAsk
from oms.returns.announcing import Wish
from oms.returns.inspecting import Verdict
from oms.returns.lifecycle import Disposition
from oms.returns.receiving import Arrived
from oms.usecases.returns import Announcing

ReturnMethod = Literal["ship", "counter", "courier"]
DispositionName = Literal["restock", "restock_elsewhere", "refurbish", "damaged", "scrap"]
ReleaseName = Literal["on_request", "on_scan", "on_receipt"]
ReturnState = Literal[
    "requested", "approved", "declined", "in_transit", "received", "inspected", "closed", "cancelled"
]


def _example(**members: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [members]})


class ReturnLineAsk(Wire):
    """Units of a line as sold; ``sku`` with a kit names one of its components. Without ``order``: a SKU that
    nobody found an order for, at the counter only.
    """

    order: Id | None = None
    line: AnyLine | None = None
    sku: Id | None = None
    quantity: Quantity
    reason: Word | None = None
    note: Text = ""
    condition: Word | None = None


class ReturnAsk(Through):
    """``received``: the goods lie on the counter of ``node`` already. ``order_tokens``: those of the orders,
    with a storefront key. ``exception``: why rules of the policy are waived.
    """

    model_config = _example(
        channel="web",
        method="counter",
        node="ST-1",
        received=True,
        lines=[{"sku": "A1", "quantity": 1, "reason": "too_small", "condition": "new"}],
    )

    id: Id | None = None
    method: ReturnMethod
    node: Id | None = None
    received: bool = False
    exception: Text = ""
    order_tokens: Annotated[list[Token], Field(max_length=20)] = []
    lines: Annotated[list[ReturnLineAsk], Field(min_length=1, max_length=MOST_LINES)]


class ReasonAsk(Through):
    model_config = _example(reason="kind_of_the_shop")

    reason: Text = ""


class SendAsk(Through):
    """``reference``: the carrier's."""

    model_config = _example(reference="1Z999")

    reference: Name = ""


class ArrivedLine(Wire):
    """Units that arrived: of line ``no`` of the return, or of a ``sku`` that nobody announced."""

    no: Annotated[int, Field(ge=1)] | None = None
    sku: Id | None = None
    quantity: Count
    condition: Word | None = None


class ReceiveAsk(Through):
    """Without ``lines``: all of it as announced. A line not named did not arrive."""

    model_config = _example(node="ST-1", lines=[{"no": 1, "quantity": 1}])

    node: Id
    lines: Annotated[list[ArrivedLine], Field(max_length=MOST_LINES)] | None = None


class DispositionAsk(Wire):
    """``disposition`` and ``refund`` left out: as the policy says by ``condition``."""

    quantity: Quantity
    disposition: DispositionName | None = None
    condition: Word | None = None
    to_node: Id | None = None
    refund: bool | None = None


class InspectedLine(Wire):
    no: Annotated[int, Field(ge=1)]
    dispositions: Annotated[list[DispositionAsk], Field(min_length=1, max_length=100)]


class InspectAsk(Through):
    model_config = _example(
        lines=[{"no": 1, "dispositions": [{"quantity": 1, "condition": "new", "disposition": "restock"}]}]
    )

    lines: Annotated[list[InspectedLine], Field(min_length=1, max_length=MOST_LINES)]


class ReturnRefundAsk(Through):
    """Everything owed for the return was paid back by ``method``, outside known as ``reference``."""

    model_config = _example(method="card", reference="psp-r-4711")

    method: Word
    reference: Annotated[str, Field(min_length=1, max_length=200)]


class GoodwillAsk(Through):
    """What was paid, ``method`` and ``reference`` outside, for goods of which nobody found the order, and
    why. No more than they cost today.
    """

    model_config = _example(method="store_credit", amount_minor=500, reason="regular without a receipt")

    method: Word
    amount_minor: Annotated[int, Field(ge=1, le=10**12)]
    reason: Annotated[str, Field(min_length=1, max_length=500)]
    reference: Annotated[str, Field(min_length=1, max_length=200)] | None = None


class ExchangeOrder(OrderAsk):
    """The new order, as one is placed; without ``id`` it is named after the return."""

    id: Id | None = None


class ExchangeAsk(Wire):
    """``release``: the order may leave once the return is approved, scanned by a carrier, or received."""

    model_config = _example(release="on_receipt", order=PLACED)

    order: ExchangeOrder
    release: ReleaseName


class ReturnLineShown(Wire):
    """``came``: of no order, it is owed nothing. ``breaches``: rules that stand against paying for units that
    nobody announced; whoever inspects them may say otherwise.
    """

    no: int
    order: str | None
    line: str | None
    sku: str
    quantity: Count
    received: Count
    inspected: Count
    refundable: Count
    came: Literal["announced", "unannounced", "of_no_order"]
    breaches: list[str]
    reason: str
    note: str
    condition: str


class DisposedShown(Wire):
    no: int
    disposition: str
    quantity: int
    condition: str
    to_node: str | None
    transfer: str | None


class ReturnRefund(Wire):
    id: str
    order: str
    amount_minor: int
    state: str
    reference: str | None


class GoodwillShown(Wire):
    at: Instant
    method: str
    amount_minor: int
    reference: str | None
    reason: str


class ExchangeShown(Wire):
    order: str
    release: str | None
    credit_minor: int


class ReturnRow(Wire):
    id: str
    version: int
    state: str
    method: str
    channel: str
    node: str | None
    orders: list[str]
    requested_at: Instant
    reason: str


class ReturnView(ReturnRow):
    """``breaches``: rules of the policy that were waived, or wait for somebody to decide."""

    breaches: list[str]
    exception: str
    instants: dict[str, Instant]
    lines: list[ReturnLineShown]
    dispositions: list[DisposedShown]
    goodwill: list[GoodwillShown]
    refunds: list[ReturnRefund]
    exchange: ExchangeShown | None


class ReturnPage(Wire):
    items: list[ReturnRow]
    next: str | None


def announcing(body: ReturnAsk) -> Announcing:
    """The return as asked for."""
    wishes = tuple(
        Wish(
            line.quantity,
            line.order,
            line.line,
            line.sku,
            line.reason or "",
            line.note,
            line.condition or "",
        )
        for line in body.lines
    )
    return Announcing(
        method=body.method,
        wishes=wishes,
        id=body.id,
        node=body.node,
        received=body.received,
        exception=body.exception,
        tokens=tuple(body.order_tokens),
    )


def arrived(body: ReceiveAsk) -> tuple[Arrived, ...] | None:
    """What arrived; None: all of it as announced."""
    if body.lines is None:
        return None
    return tuple(Arrived(one.quantity, one.no, one.sku, one.condition or "") for one in body.lines)


def verdicts(body: InspectAsk) -> tuple[Verdict, ...]:
    """What becomes of each unit."""
    return tuple(
        Verdict(
            no=line.no,
            quantity=one.quantity,
            condition=one.condition or "",
            disposition=Disposition(one.disposition) if one.disposition else None,
            to_node=one.to_node,
            refund=one.refund,
        )
        for line in body.lines
        for one in line.dispositions
    )
