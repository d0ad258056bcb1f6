"""From the bodies of orders to the values of the domain."""

from __future__ import annotations

from api.wire.order_changes import AddressAsk, CancelAsk, Confirm, LinesAsk, MethodAsk
from api.wire.orders import Address, OrderAsk
from oms.orders.changing import NewLine
from oms.orders.placing import (
    AddressDetails,
    ByMethod,
    ByQuote,
    ByReservation,
    CustomerDetails,
    Placing,
    SoldLine,
    Tender,
)
from oms.refusals import Code, Fault, Refused, refuse
from oms.usecases.order_changes import Cancelling, Change


def placing(order_id: str, digest: bytes, body: OrderAsk) -> Placing:
    """The order as sent. Raises Refused malformed unless it says in exactly one way how to route it."""
    return Placing(
        id=order_id,
        digest=digest.hex(),
        channel=body.channel,
        currency=body.currency,
        lines=tuple(SoldLine(**line.model_dump()) for line in body.lines),
        choice=_choice(body),
        destination=_address(body.destination),
        customer=CustomerDetails(**body.customer.model_dump()) if body.customer else None,
        external_refs=body.external_refs,
        shipping_minor=body.shipping_minor,
        discount_minor=body.discount_minor,
        payments=tuple(Tender(**tender.model_dump()) for tender in body.payments or ()),
        allow_partial=body.allow_partial,
        substitution=body.substitution,
    )


def cancelling(body: CancelAsk) -> Cancelling:
    """Which units to cancel. Raises Refused duplicate_line."""
    if body.lines is None:
        return Cancelling(body.reason, note=body.note)
    units = {line.id: line.quantity for line in body.lines}
    if len(units) < len(body.lines):
        raise refuse(Code.DUPLICATE_LINE, "Every line is named once", Fault("/lines", "duplicate_line", ""))
    return Cancelling(body.reason, units, body.note)


def address_change(body: AddressAsk) -> Change:
    return Change("address", destination=_address(body.destination), confirm=_confirm(body.confirm))


def method_change(body: MethodAsk) -> Change:
    return Change(
        "method",
        destination=_address(body.destination),
        method=body.method,
        pickup_node=body.pickup_node,
        confirm=_confirm(body.confirm),
    )


def lines_change(body: LinesAsk) -> Change:
    lines = tuple(NewLine(**line.model_dump()) for line in body.lines)
    return Change("lines", lines=lines, confirm=_confirm(body.confirm))


def _choice(body: OrderAsk) -> ByQuote | ByReservation | ByMethod:
    ways = [name for name in ("quote_id", "reservation_id", "method") if getattr(body, name) is not None]
    if len(ways) != 1:
        detail = "Send exactly one of quote_id with option_id, reservation_id, method"
        faults = [Fault(f"/{name}", "ambiguous", detail) for name in ways] or [Fault("", "missing", detail)]
        raise refuse(Code.MALFORMED, detail, *faults)
    if (body.method == "pickup") != (body.pickup_node is not None):
        raise _where_to_collect(body)
    if body.quote_id is not None:
        if body.option_id is None:
            fault = Fault("/option_id", "missing", "This member is required with quote_id")
            raise refuse(Code.MALFORMED, "Say which option of the quote", fault)
        return ByQuote(body.quote_id, body.option_id)
    if body.reservation_id is not None:
        return ByReservation(body.reservation_id)
    assert body.method is not None, "one of three, and not the other two"
    return ByMethod(body.method, body.pickup_node)


def _where_to_collect(body: OrderAsk) -> Refused:
    """A store that the customer has not seen is not chosen for him, nor one he sees passed over."""
    if body.method == "pickup":
        code, detail = "missing", "Say at which node; POST /v1/promises offers the nearest that have it"
    else:
        code, detail = "ambiguous", "Only a bare order for pickup names the node; a quote has its own"
    return refuse(Code.MALFORMED, detail, Fault("/pickup_node", code, detail))


def _address(address: Address | None) -> AddressDetails | None:
    return AddressDetails(**address.model_dump()) if address else None


def _confirm(confirm: Confirm | None) -> tuple[str, str] | None:
    return (confirm.quote_id, confirm.option_id) if confirm else None
