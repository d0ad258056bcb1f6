"""Waves: asked for, solved by a worker, looked at; and the prices of looking ahead."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import Path, Response
from sqlalchemy import Connection

from api.deps import Caller, IdempotencyKey, Running, answer, reply
from api.guard import routes
from api.wire.waves import BidPricesShown, WaveShown, WaveWanted
from oms.store.bid_prices import last_solves
from oms.store.waves import Wave, moves_of
from oms.usecases.waves import get_wave, submit_wave
from oms.work import Answer, Work, answer_once

MOST_MOVES = 1_000

router = routes("waves")


@router.post("/v1/waves", status_code=202, response_model=WaveShown)
def submit(body: WaveWanted, caller: Caller, running: Running, request: IdempotencyKey) -> Response:
    """Queue a wave over the open orders of a market; look at it by its id."""

    def work_on(work: Work) -> Answer:
        wave = submit_wave(work, body.market, body.deadline_s)
        return Answer.of(202, _shown(work.conn, wave), {"Location": f"/v1/waves/{wave.id}"})

    return answer(answer_once(running, caller, request, work_on))


@router.get("/v1/waves/{id}", response_model=WaveShown)
def show(id: Annotated[str, Path(max_length=100)], running: Running) -> Response:
    """How far a wave is, what it came to, and the moves that saved most."""
    with running.engine.begin() as conn:
        return reply(_shown(conn, get_wave(conn, id)))


@router.get("/v1/bid-prices", response_model=BidPricesShown)
def show_bid_prices(running: Running) -> Response:
    """What units are worth to orders to come: when that was solved last, and whether it would have paid."""
    with running.engine.begin() as conn:
        solves = [asdict(solved) for solved in last_solves(conn)]
    weight = running.networks.current.policy.lookahead_weight
    return reply({"lookahead_weight": weight, "items": solves})


def _shown(conn: Connection, wave: Wave) -> dict[str, Any]:
    return asdict(wave) | {"moves": [asdict(move) for move in moves_of(conn, wave.id, MOST_MOVES)]}
