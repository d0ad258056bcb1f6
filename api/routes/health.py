"""Whether the process lives, and whether it should be sent requests."""

from fastapi import Response
from sqlalchemy.exc import SQLAlchemyError

from api import afterwards, metrics
from api.deps import Running, reply
from api.guard import routes
from api.outages import outage_of
from api.problems import problem
from api.wire.base import Wire
from oms.refusals import Code, Refusal
from oms.store.database import is_current

router = routes("health")

NOT_YET = Refusal(Code.UNAVAILABLE, "The schema is of another release, or memory is behind the database")
STUCK = Refusal(Code.UNAVAILABLE, "The database has not answered what this process last had it write")


class Health(Wire):
    """`ok` is always true: an answer is the proof."""

    ok: bool


@router.get("/healthz", response_model=Health)
async def is_alive() -> Response:
    """The process answers."""
    return reply(Health(ok=True))


@router.get("/readyz", response_model=Health, responses={503: {"description": "Not now"}})
def is_ready(running: Running) -> Response:
    """The database answers, its schema is of this release, this process's memory follows it, and what the
    process writes is answered.
    """
    if running.writer.stuck:
        return problem(STUCK)
    try:
        with running.engine.connect() as conn:
            ready = is_current(conn) and running.fresh()
    except SQLAlchemyError as error:
        return problem(outage_of(error))
    return reply(Health(ok=True)) if ready else problem(NOT_YET)


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"description": "Prometheus text", "content": {metrics.MEDIA_TYPE: {}}}},
)
def figures(running: Running) -> Response:
    """What was asked and answered, and how the process fares, as Prometheus reads it."""
    afterwards.settle()
    return Response(metrics.exposition(running), headers={"Content-Type": metrics.MEDIA_TYPE})
