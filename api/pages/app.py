"""The pages as applications of their own, mounted beside the API: under /app for people at work, under /track
for customers.
"""

from __future__ import annotations

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from api.outages import outage_of
from api.pages import (
    counter,
    customers,
    deliveries,
    door,
    fulfilment,
    nodes,
    orders,
    overview,
    picking,
    reservations,
    returnable,
    returns,
    runs,
    tracking,
    waves,
    webhooks,
    what_ifs,
)
from api.pages.desk import HERE as DESK
from api.pages.desk import posts_of
from api.pages.render import HERE, page
from api.pages.session import SignInFirst
from api.problems import STATUS, retry_after
from oms.refusals import Code, Refusal, Refused
from oms.store.database import OUTAGES

NOTHING_HERE = Refusal(Code.NOT_FOUND, "There is no page at this address")
UNREADABLE = Refusal(Code.MALFORMED, "This form or address cannot be read; go back and try again")
TOO_LARGE = Refusal(Code.TOO_LARGE, "This form says more than can be read at once")
TOO_SLOW = Refusal(Code.TOO_SLOW, "This form took too long to arrive; nothing was changed, send it again")
BY_STATUS = {400: UNREADABLE, 408: TOO_SLOW, 413: TOO_LARGE}
"""What the framework, or the reading of a form, says by status alone."""

ROUTERS: tuple[APIRouter, ...] = (
    door.router,
    overview.router,
    orders.router,
    nodes.router,
    fulfilment.router,
    deliveries.router,
    picking.router,
    counter.router,
    runs.router,
    returns.router,
    returnable.router,
    customers.router,
    reservations.router,
    webhooks.router,
    waves.router,
    what_ifs.router,
)
"""One line per room."""


def create_pages(main: FastAPI) -> FastAPI:
    """Pages of the process that `main` serves; they share its state."""
    pages = _application(main, ROUTERS)
    pages.mount("/static", StaticFiles(directory=HERE / "static"))
    pages.add_exception_handler(SignInFirst, door.ask_to_sign_in)
    return pages


def create_tracking(main: FastAPI) -> FastAPI:
    """What a customer sees by a signed link, without a key."""
    return _application(main, (tracking.router,))


def _application(main: FastAPI, routers: tuple[APIRouter, ...]) -> FastAPI:
    pages = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    pages.state = main.state
    pages.state.posts = posts_of(main)
    for router in routers:
        pages.include_router(router)
    pages.add_exception_handler(Refused, _refused)
    pages.add_exception_handler(HTTPException, _nothing_here)
    pages.add_exception_handler(RequestValidationError, _unreadable)
    for outage in OUTAGES:
        pages.add_exception_handler(outage, _unavailable)
    return pages


def _said(request: Request, refusal: Refusal, status: int | None = None) -> Response:
    code = STATUS[refusal.code] if status is None else status
    request.scope["anyshelf.code"] = refusal.code.value
    for_customer = request.scope.get("root_path", "").endswith("/track")
    said = page("refused.html", code, desk=request.scope.get(DESK), no=refusal, for_customer=for_customer)
    said.headers.update(retry_after(refusal))
    return said


async def _refused(request: Request, error: Exception) -> Response:
    """A named "no" as a page."""
    assert isinstance(error, Refused)
    return _said(request, error.refusal)


async def _nothing_here(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _said(request, BY_STATUS.get(error.status_code, NOTHING_HERE), error.status_code)


async def _unreadable(request: Request, error: Exception) -> Response:
    return _said(request, UNREADABLE)


async def _unavailable(request: Request, error: Exception) -> Response:
    return _said(request, outage_of(error))
