"""Customers: found, read with everything that happened, edited, written to."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Query, Response

from api.pages.desk import Desk, at
from oms.refusals import Code, Fault, Refusal, refuse
from oms.usecases.customers import Wanted, list_customers, read_customer, read_timeline
from oms.usecases.return_reading import Filter, list_returns

ROWS = 50
KNOWN = ("email", "name", "phone", "locale")

router = APIRouter(include_in_schema=False)

Care = Annotated[Desk, at("/v1/customers")]
Short = Annotated[str, Query(max_length=254)]


@router.get("/customers")
def show_customers(desk: Care, email: Short = "", phone: Short = "", card: Short = "") -> Response:
    """Records that fit what is known of somebody."""
    return _found(desk, email, phone, card)


@router.post("/customers")
def create(desk: Care, email: Short = "", phone: Short = "", card: Short = "") -> Response:
    """A new record."""

    def created() -> str:
        return address_of(desk.call("/v1/customers", _record(desk))["id"])

    return desk.act({"create": created}, lambda no: _found(desk, email, phone, card, no))


@router.get("/customers/{id}")
def show_customer(id: str, desk: Care, before: Short = "") -> Response:
    """One record with its timeline."""
    return _shown(desk, id, before)


@router.post("/customers/{id}")
def act_on_customer(id: str, desk: Care, before: Short = "") -> Response:
    """Edit, merge, or write down what was said."""
    form, one = desk.form, "/v1/customers/{id}"

    def merged() -> str:
        return address_of(desk.call(f"{one}/merge", {"into": form.text("into")}, id=id)["id"])

    actions = {
        "edit": lambda: desk.call(one, _record(desk), id=id),
        "contact": lambda: desk.call(f"{one}/contacts", _contact(desk), id=id),
        "merge": merged,
    }
    return desk.act(actions, lambda no: _shown(desk, id, before, no))


def address_of(id: str) -> str:
    """Of the page of a customer."""
    return f"/app/customers/{quote(id, safe='')}"


def _found(desk: Desk, email: str, phone: str, card: str, refusal: Refusal | None = None) -> Response:
    asked = {"email": email.strip(), "phone": phone.strip(), "card": card.strip()}
    wanted = Wanted(**{name: text or None for name, text in asked.items()})
    rows = list_customers(desk.running, desk.actor, wanted, "", ROWS) if any(asked.values()) else []
    return desk.page("customers.html", refusal, asked=asked, rows=rows[:ROWS], more=len(rows) > ROWS)


def _shown(desk: Desk, id: str, before: str, refusal: Refusal | None = None) -> Response:
    _, record = read_customer(desk.running, desk.actor, id)
    at, _, key = before.partition("~")
    rows = read_timeline(desk.running, desk.actor, id, (at, key) if key else None, ROWS)
    more = None
    if len(rows) > ROWS:
        more = urlencode({"before": f"{rows[ROWS - 1]['at'].isoformat()}~{rows[ROWS - 1]['key']}"})
    returns = list_returns(desk.running, desk.actor, Filter(customer_id=id), None, ROWS)
    return desk.page(
        "customer.html",
        refusal,
        customer=record,
        rows=rows[:ROWS],
        more=more,
        returns=returns[:ROWS],
        currency=desk.running.networks.current.network.currency,
    )


def _record(desk: Desk) -> dict[str, Any]:
    return {name: desk.form.some(name) for name in KNOWN}


def _contact(desk: Desk) -> dict[str, Any]:
    form = desk.form
    if not form.text("note"):
        fault = Fault("/note", Code.INVALID, "Write down what was said")
        raise refuse(Code.INVALID, "A contact needs words", fault)
    return {
        "direction": form.text("direction"),
        "note": form.text("note"),
        "order": form.some("order"),
        "channel": form.some("channel"),
    }
