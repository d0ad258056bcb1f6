"""Waves of open orders: what each cost before and after, how close to the best, who moved."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Response

from api.pages.desk import Desk, at
from oms.refusals import Refusal
from oms.store.bid_prices import last_solves
from oms.store.waves import markets_of_nodes, moves_of, outcomes_of, waves
from oms.usecases.waves import get_wave

ROWS = 50
MOVES = 200

router = APIRouter(include_in_schema=False)

Waves = Annotated[Desk, at("/v1/waves/{id}")]


@router.get("/waves")
def show_waves(desk: Waves) -> Response:
    """The last waves, the newest first."""
    return _listed(desk)


@router.post("/waves")
def ask_for_one(desk: Waves) -> Response:
    """Route the open orders of a market anew, together."""

    def asked() -> str:
        made = desk.call("/v1/waves", {"market": desk.form.text("market")})
        return f"/app/waves/{quote(made['id'], safe='')}"

    return desk.act({"wave": asked}, lambda no: _listed(desk, no))


@router.get("/waves/{id}")
def show_wave(id: str, desk: Waves) -> Response:
    """One wave with its moves, those that saved most first."""
    with desk.running.engine.connect() as conn:
        wave, moves = get_wave(conn, id), moves_of(conn, id, MOVES)
        outcomes = outcomes_of(conn, id)
    return desk.page("wave.html", wave=wave, moves=moves, outcomes=outcomes)


def _listed(desk: Desk, refusal: Refusal | None = None) -> Response:
    with desk.running.engine.connect() as conn:
        rows, markets, solves = waves(conn, ROWS), markets_of_nodes(conn), last_solves(conn)
    loaded = desk.running.networks.current
    ahead = {
        "felt": loaded.policy.lookahead_weight > 0,
        "currency": loaded.network.currency,
        "now": desk.running.clock.now(),
    }
    return desk.page("waves.html", refusal, rows=rows, markets=markets, solves=solves, ahead=ahead)
