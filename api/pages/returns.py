"""Returns: asked for, taken in at a counter, approved, received, inspected, paid back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Query, Response

from api.pages.desk import Desk, at
from api.pages.places import nodes_of, only_node
from api.pages.render import money
from oms.reasons import Occasion
from oms.refusals import Code, Fault, Refusal, Refused, refuse
from oms.returns.lifecycle import Disposition, ReturnState
from oms.usecases.goodwill import payable_minor
from oms.usecases.return_reading import Filter, list_returns, read_return
from oms.views.overview import sku_names
from oms.views.scanning import line_scanned, sku_scanned

ROWS = 50
SCANS = 5
"""Rows of the form at the counter."""

router = APIRouter(include_in_schema=False)

Returns = Annotated[Desk, at("/v1/returns")]
Short = Annotated[str, Query(max_length=200)]


@router.get("/returns")
def show_returns(desk: Returns, node: Short = "", state: Short = "", after: Short = "") -> Response:
    """Returns, the newest first, and a form for goods that somebody brings to the counter."""
    return _listed(desk, node, state, after)


@router.post("/returns")
def take_in(desk: Returns, node: Short = "", state: Short = "", after: Short = "") -> Response:
    """Goods lie on the counter, announced or not."""

    def take() -> str:
        return taken_in(desk, scanned(desk, desk.form.text("order")))

    return desk.act({"take": take}, lambda no: _listed(desk, node, state, after, no))


@router.get("/returns/{id}")
def show_return(id: str, desk: Returns) -> Response:
    """One return: what becomes of each unit, and what is owed for it."""
    return _shown(desk, id)


@router.post("/returns/{id}")
def act_on_return(id: str, desk: Returns) -> Response:
    """The next step of a return."""
    return desk.act(_actions(desk, id), lambda no: _shown(desk, id, no))


def taken_in(desk: Desk, lines: list[dict[str, Any]]) -> str:
    """Take these goods in, which lie on the counter; the page of their return. Raises Refused."""
    form = desk.form
    if not lines:
        raise refuse(Code.INVALID, "Scan at least one SKU, or say how many of what")
    more = {"reason": form.some("reason"), "note": form.text("note"), "condition": form.some("condition")}
    body = {
        "method": "counter",
        "node": form.text("node"),
        "received": True,
        "exception": form.text("exception"),
        "lines": [{**line, **more} for line in lines],
    }
    return address_of(desk.call("/v1/returns", body)["id"])


def scanned(desk: Desk, order: str = "") -> list[dict[str, Any]]:
    """The rows that were filled, each as a line of the order where there is one. Raises Refused unknown_sku,
    unknown_line.
    """
    units, lines = desk.form.numbers("units"), []
    with desk.running.engine.connect() as conn:
        for row, said in desk.form.named("sku"):
            sku = sku_scanned(conn, said)
            if sku is None:
                fault = Fault(f"/lines/{row}/sku", Code.UNKNOWN_SKU, "There is no such SKU or barcode")
                raise refuse(Code.UNKNOWN_SKU, "A row names a SKU that does not exist", fault)
            line: dict[str, Any] = {"sku": sku, "quantity": units.get(row, 1)}
            if order:
                found = line_scanned(conn, order, sku)
                if found is None:
                    fault = Fault(f"/lines/{row}/sku", Code.UNKNOWN_LINE, "The order has none of this SKU")
                    raise refuse(Code.UNKNOWN_LINE, "A row is not of this order", fault)
                line |= {"order": order, "line": found[0], "sku": found[1]}
            lines.append(line)
    return lines


def counter_of(desk: Desk, node: str) -> dict[str, Any]:
    """What a form needs by which goods on the counter of ``node`` are taken in."""
    loaded = desk.running.networks.current
    return {
        "here_node": desk.form.text("node") or node or only_node(desk.actor),
        "nodes": nodes_of(desk),
        "reasons": list(loaded.reasons.of(Occasion.RETURN)),
        "conditions": loaded.returns.conditions,
        "scans": SCANS,
        "typed": desk.form,
    }


def address_of(id: str) -> str:
    """Of the page of a return."""
    return f"/app/returns/{quote(id, safe='')}"


def _actions(desk: Desk, id: str) -> dict[str, Callable[[], object]]:
    one, form = "/v1/returns/{id}", desk.form
    reason = {"reason": form.text("reason")}
    return {
        "approve": lambda: desk.call(f"{one}/approve", reason, id=id),
        "decline": lambda: desk.call(f"{one}/decline", reason, id=id),
        "cancel": lambda: desk.call(f"{one}/cancel", reason, id=id),
        "send": lambda: desk.call(f"{one}/send", {"reference": form.text("reference")}, id=id),
        "receive": lambda: desk.call(f"{one}/receive", _received(desk), id=id),
        "inspect": lambda: desk.call(f"{one}/inspect", {"lines": [_verdict(desk)]}, id=id),
        "refund": lambda: desk.call(
            f"{one}/refund", {"method": form.text("method"), "reference": form.text("reference")}, id=id
        ),
        "goodwill": lambda: _goodwill(desk, id),
    }


def _listed(desk: Desk, node: str, state: str, after: str, refusal: Refusal | None = None) -> Response:
    states = [one.value for one in ReturnState]
    wanted = state if state in states else None
    key = after.split("~", 1) if "~" in after else None
    rows = list_returns(desk.running, desk.actor, Filter(node=node or None, state=wanted), key, ROWS)
    shown, more = rows[:ROWS], None
    if len(rows) > ROWS:
        last = f"{shown[-1]['requested_at'].isoformat()}~{shown[-1]['id']}"
        more = urlencode({"node": node, "state": state, "after": last})
    return desk.page(
        "returns.html",
        refusal,
        returns=shown,
        states=states,
        asked={"node": node, "state": wanted},
        more=more,
        **counter_of(desk, node),
    )


def _shown(desk: Desk, id: str, refusal: Refusal | None = None) -> Response:
    _, back = read_return(desk.running, desk.actor, id, None)
    with desk.running.engine.connect() as conn:
        names = sku_names(conn, [line["sku"] for line in back["lines"]])
    loaded = desk.running.networks.current
    return desk.page(
        "return.html",
        refusal,
        back=back,
        names=names,
        nodes=nodes_of(desk),
        everywhere=sorted(node.id for node in loaded.spec.nodes),
        here_node=only_node(desk.actor) or back["node"],
        conditions=loaded.returns.conditions,
        dispositions=[one.value for one in Disposition],
        currency=loaded.network.currency,
        payable_minor=payable_minor(desk.running, id),
    )


def _goodwill(desk: Desk, id: str) -> Any:
    form, currency = desk.form, desk.running.networks.current.network.currency
    body = {
        "method": form.text("method"),
        "amount_minor": form.minor("amount", currency),
        "reason": form.text("reason"),
        "reference": form.some("reference"),
    }
    try:
        return desk.call("/v1/returns/{id}/goodwill", body, id=id)
    except Refused as no:
        if no.refusal.code is Code.BAD_AMOUNT:  # said in minor units, which nobody reads at a desk
            left = money(payable_minor(desk.running, id), currency)
            raise refuse(Code.BAD_AMOUNT, f"No more than {left} can be paid for these goods") from no
        raise


def _received(desk: Desk) -> dict[str, Any]:
    units, condition = desk.form.numbers("units"), desk.form.some("condition")
    lines = [
        {"no": int(no), "quantity": n, "condition": condition} for no, n in units.items() if no.isdigit()
    ]
    return {"node": desk.form.text("node"), "lines": lines or None}


def _verdict(desk: Desk) -> dict[str, Any]:
    form = desk.form
    refund = {"yes": True, "no": False}.get(form.text("refund"))
    disposition = form.some("disposition")
    verdict = {
        "quantity": form.number("units"),
        "condition": form.some("condition"),
        "disposition": disposition,
        "to_node": form.some("to_node") if disposition == Disposition.RESTOCK_ELSEWHERE else None,
        "refund": refund,
    }
    return {"no": form.number("no"), "dispositions": [verdict]}
