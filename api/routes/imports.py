"""Import by file: sent as text, judged as a whole, put by a worker, with progress and faults by row."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Response
from pydantic import ConfigDict, Field

from api.deps import Caller, IdempotencyKey, Running, answer, reply
from api.guard import routes
from api.wire.base import Instant, Wire
from oms.usecases.import_jobs import get_import, submit_import
from oms.work import Answer, Work, answer_once

LARGEST_IMPORT = 64 * 1024 * 1024

router: APIRouter = routes("imports", largest_body=LARGEST_IMPORT)

FileName = Literal[
    "network.json",
    "nodes.csv",
    "calendars.csv",
    "tariffs.csv",
    "lanes.csv",
    "skus.csv",
    "stock.csv",
    "orders.csv",
]


class ImportBody(Wire):
    """Files by name, their text as it is. Columns are those that `anyshelf import --explain` lists."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"files": {"skus.csv": "id,name,weight_g\nC3,Rye bread,750\n"}}]}
    )

    files: Annotated[dict[FileName, str], Field(min_length=1)]


class ImportFault(Wire):
    """One thing wrong in one place; row 1 is the header, row 0 the file as a whole."""

    file: str
    row: int
    column: str
    code: str
    detail: str


class ImportShown(Wire):
    """How far an import is. `refused`: nothing was changed, `faults` say why. `failed`: it
    broke off, and what was put by then stays; sending it again puts the rest."""

    id: str
    at: Instant
    state: Literal["queued", "running", "done", "refused", "failed"]
    step: str
    done: int
    total: int
    faults: list[ImportFault]
    more_faults: int
    put: dict[str, int] | None


@router.post("/v1/imports", status_code=202, response_model=ImportShown)
def submit(body: ImportBody, caller: Caller, running: Running, request: IdempotencyKey) -> Response:
    """Queue an import; look at it by its id."""

    def work_on(work: Work) -> Answer:
        job = submit_import(work, {str(name): text for name, text in body.files.items()})
        return Answer.of(202, asdict(job), {"Location": f"/v1/imports/{job.id}"})

    return answer(answer_once(running, caller, request, work_on))


@router.get("/v1/imports/{id}", response_model=ImportShown)
def show(id: Annotated[str, Path(max_length=100)], running: Running) -> Response:
    """How far an import is, and what was wrong with it."""
    with running.engine.begin() as conn:
        return reply(asdict(get_import(conn, id)))
