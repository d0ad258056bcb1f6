"""The pages as an application of their own, mounted beside the API under /app."""

from __future__ import annotations

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from api.pages.render import HERE, page
from api.pages.session import SignInFirst
from api.pages.views import ask_to_sign_in, router, show_refusal
from oms.refusals import Code, Refusal, Refused

NOTHING_HERE = Refusal(Code.NOT_FOUND, "There is no page at this address")
UNREADABLE = Refusal(Code.MALFORMED, "This form or address cannot be read; go back and try again")


def create_pages(main: FastAPI) -> FastAPI:
    """Pages of the process that `main` serves; they share its state."""
    pages = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    pages.state = main.state
    pages.include_router(router)
    pages.mount("/static", StaticFiles(directory=HERE / "static"))
    pages.add_exception_handler(SignInFirst, ask_to_sign_in)
    pages.add_exception_handler(Refused, show_refusal)
    pages.add_exception_handler(HTTPException, _nothing_here)
    pages.add_exception_handler(RequestValidationError, _unreadable)
    return pages


async def _nothing_here(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return page("refused.html", error.status_code, refusal=NOTHING_HERE)


async def _unreadable(request: Request, error: Exception) -> Response:
    return page("refused.html", 400, refusal=UNREADABLE)
