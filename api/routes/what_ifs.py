"""What-if runs: asked for, played by a worker on a copy, looked at."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import Path, Response

from api.deps import Caller, IdempotencyKey, Running, answer, reply
from api.etag import ExpectedVersion, etag
from api.guard import routes
from api.wire.network import Stored
from api.wire.what_ifs import PolicyChosen, WhatIfShown, WhatIfWanted
from oms.usecases.what_if_install import install_choice
from oms.usecases.what_ifs import get_what_if, submit_what_if
from oms.work import Answer, Work, answer_once

router = routes("what-ifs")

OneId = Annotated[str, Path(max_length=100)]


@router.post("/v1/what-ifs", status_code=202, response_model=WhatIfShown)
def submit(body: WhatIfWanted, caller: Caller, running: Running, request: IdempotencyKey) -> Response:
    """Queue a run over the orders of some days, as they were and with changes; look at it by its id."""

    def work_on(work: Work) -> Answer:
        made = submit_what_if(work, running.networks.current.spec, body.wanted())
        return Answer.of(202, asdict(made), {"Location": f"/v1/what-ifs/{made.id}"})

    return answer(answer_once(running, caller, request, work_on))


@router.post("/v1/what-ifs/{id}/install", response_model=Stored)
def install(
    id: OneId,
    body: PolicyChosen,
    caller: Caller,
    running: Running,
    request: IdempotencyKey,
    expected: ExpectedVersion,
) -> Response:
    """Route from now on by the weights of one of its policies. `If-Match` is the ETag of `GET /v1/policy`."""

    def work_on(work: Work) -> Answer:
        stored = install_choice(work, id, body.policy, expected)
        return Answer.of(200, asdict(stored), etag(stored.version))

    given = answer_once(running, caller, request, work_on)
    running.refresher.look()
    return answer(given)


@router.get("/v1/what-ifs/{id}", response_model=WhatIfShown)
def show(id: OneId, running: Running) -> Response:
    """How far a run is, and what it came to: each policy as it was and with the changes."""
    with running.engine.begin() as conn:
        return reply(asdict(get_what_if(conn, id)))
