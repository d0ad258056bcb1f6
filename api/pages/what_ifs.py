"""What-if runs: ask for one over some days, see how far it is, read both worlds side by side."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from itertools import product
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Response

from api.pages.desk import Desk, at
from api.pages.forms import Form
from api.pages.what_if_charts import charts, headline, least, loads, rows_of
from api.pages.what_if_front import fronts, standing
from oms.orders.quote import Whereabouts
from oms.refusals import Code, Fault, Refusal, refuse
from oms.store.what_ifs import what_ifs
from oms.usecases.what_if_install import choice_of, choices_of
from oms.usecases.what_ifs import USUAL_POLICIES, WANTED, get_what_if
from routing.replay.places import BY_COST
from routing.replay.policies import POLICIES

ROWS = 50
USUAL_DAYS = 28
PERCENT = 100

FELT = ("parcel_minor", "late_day_minor")
"""Weights that a form may vary."""

router = APIRouter(include_in_schema=False)

WhatIfs = Annotated[Desk, at("/v1/what-ifs/{id}")]


@router.get("/what-ifs")
def show_what_ifs(desk: WhatIfs) -> Response:
    """The last runs, the newest first, and the form for the next."""
    return _listed(desk)


@router.post("/what-ifs")
def ask_for_one(desk: WhatIfs) -> Response:
    """Queue a run."""

    def asked() -> str:
        made = desk.call("/v1/what-ifs", _body(desk))
        return f"/app/what-ifs/{quote(made['id'], safe='')}"

    return desk.act({"play": asked}, lambda no: _listed(desk, no))


@router.get("/what-ifs/{id}")
def show_what_if(id: str, desk: WhatIfs) -> Response:
    """One run: what was different, and what it came to by each policy."""
    with desk.running.engine.connect() as conn:
        run, choices = get_what_if(conn, id), choices_of(conn, id)
    wanted, result = WANTED.validate_python(run.wanted), run.result
    shown = {} if result is None else _result(result)
    return desk.page("what_if.html", run=run, wanted=wanted, result=result, choices=choices, **shown)


@router.get("/what-ifs/{id}/policy")
def show_choice(id: str, desk: WhatIfs, name: str = "") -> Response:
    """What would change if orders were routed by one of its policies."""
    return _choice(desk, id, name)


@router.post("/what-ifs/{id}/policy")
def choose(id: str, desk: WhatIfs, name: str = "") -> Response:
    """Route by it from now on, unless the weights are others by now than those that were shown."""

    def use() -> None:
        version = desk.form.number("version")
        desk.call("/v1/what-ifs/{id}/install", {"policy": name}, id=id, expected=version)

    return desk.act({"use": use}, lambda no: _choice(desk, id, name, no))


def _choice(desk: Desk, id: str, name: str, refusal: Refusal | None = None) -> Response:
    with desk.running.engine.connect() as conn:
        run, choice = get_what_if(conn, id), choice_of(conn, id, name)
    wanted = WANTED.validate_python(run.wanted)
    return desk.page("what_if_policy.html", refusal, run=run, wanted=wanted, choice=choice)


def _result(result: Mapping[str, Any]) -> dict[str, Any]:
    """What the template shows of a result."""
    found = fronts(result)
    return {
        "headline": headline(result),
        "charts": charts(result),
        "loads": loads(result),
        "fronts": found,
        "standing": {one["policy"]: standing(one["policy"], found) for one in result["base"]},
        "rows": rows_of(result),
        "least": least(result),
    }


def _listed(desk: Desk, refusal: Refusal | None = None) -> Response:
    with desk.running.engine.connect() as conn:
        rows = [(row, WANTED.validate_python(row.wanted)) for row in what_ifs(conn, ROWS)]
    spec, today = desk.running.networks.current.spec, desk.running.clock.now().date()
    return desk.page(
        "what_ifs.html",
        refusal,
        rows=rows,
        nodes=sorted(((node.id, node.name or node.id) for node in spec.nodes), key=lambda one: one[1]),
        tariffs=[tariff.name for tariff in spec.tariffs],
        policies=list(POLICIES),
        chosen=desk.form.all("policy") or USUAL_POLICIES,
        first_day=today - timedelta(days=USUAL_DAYS - 1),
        last_day=today,
    )


def _body(desk: Desk) -> dict[str, Any]:
    """The form as the endpoint takes it; what was left empty is left out. Raises Refused."""
    form = desk.form
    change, rejects = form.decimal("change"), form.decimal("rejects")
    body = {
        "first_day": form.some("first_day"),
        "last_day": form.some("last_day"),
        "policies": _policies(desk.form) or None,
        "close": form.all("close"),
        "add": _added(desk),
        "tariffs": [{"tariff": form.text("tariff"), "times": 1 + change / PERCENT}] if change else [],
        "demand": form.decimal("demand"),
        "stock": form.decimal("stock"),
        "promise_days": form.number("promise_days"),
        "reject_rate": None if rejects is None else rejects / PERCENT,
    }
    return {name: value for name, value in body.items() if value is not None}


def _policies(form: Form) -> list[str]:
    """The chosen ones; those by cost once for each weight typed, the weight in force where none is."""
    felt = [[f",{key}={value}" for value in form.text(key).replace(";", " ").split()] or [""] for key in FELT]
    return [
        name + "".join(weights)
        for name in form.all("policy")
        for weights in (product(*felt) if name in POLICIES and POLICIES[name].rule == BY_COST else [()])
    ]


def _added(desk: Desk) -> list[dict[str, Any]]:
    """The new node where its postcode is; none where no id was typed."""
    form = desk.form
    if not form.text("id"):
        return []
    where = Whereabouts(form.text("country").upper(), form.text("postcode"))
    place = desk.running.places.current.locate(where)
    if place is None:
        fault = Fault("/postcode", Code.UNLOCATABLE_DESTINATION, "Nobody knows where this is")
        raise refuse(Code.UNLOCATABLE_DESTINATION, "The new node has no place on the map", fault)
    return [{"id": form.text("id"), "lat": place.lat, "lon": place.lon, "like": form.text("like")}]
