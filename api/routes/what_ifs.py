"""What-if runs: asked for, played by a worker on a copy, looked at."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import Path, Response

from api.deps import Caller, IdempotencyKey, Running, answer, reply
from api.guard import routes
from api.wire.what_ifs import WhatIfShown, WhatIfWanted
from oms.usecases.what_ifs import get_what_if, submit_what_if
from oms.work import Answer, Work, answer_once

router = routes("what-ifs")


@router.post("/v1/what-ifs", status_code=202, response_model=WhatIfShown)
def submit(body: WhatIfWanted, caller: Caller, running: Running, request: IdempotencyKey) -> Response:
    """Queue a run over the orders of some days, as they were and with changes; look at it by its id."""

    def work_on(work: Work) -> Answer:
        made = submit_what_if(work, running.networks.current.spec, body.wanted())
        return Answer.of(202, asdict(made), {"Location": f"/v1/what-ifs/{made.id}"})

    return answer(answer_once(running, caller, request, work_on))


@router.get("/v1/what-ifs/{id}", response_model=WhatIfShown)
def show(id: Annotated[str, Path(max_length=100)], running: Running) -> Response:
    """How far a run is, and what it came to: each policy as it was and with the changes."""
    with running.engine.begin() as conn:
        return reply(asdict(get_what_if(conn, id)))
