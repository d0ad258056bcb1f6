"""Whether the process lives, and whether it should be sent requests."""

from fastapi import Response
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from api.deps import Running, reply
from api.guard import routes
from api.problems import UNAVAILABLE, problem
from api.wire.base import Wire

router = routes("health")


class Health(Wire):
    """`ok` is always true: an answer is the proof."""

    ok: bool


@router.get("/healthz", response_model=Health)
async def is_alive() -> Response:
    """The process answers."""
    return reply(Health(ok=True))


@router.get("/readyz", response_model=Health, responses={503: {"description": "Not now"}})
def is_ready(running: Running) -> Response:
    """The database answers, and this process's memory follows it."""
    try:
        with running.engine.connect() as conn:
            conn.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return problem(UNAVAILABLE)
    return reply(Health(ok=True)) if running.fresh() else problem(UNAVAILABLE)
