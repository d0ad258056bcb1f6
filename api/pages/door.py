"""The door: in with a key, out again."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse

from api.pages.desk import Desk, at, counted, home_of, running_of
from api.pages.forms import Form, form_of
from api.pages.render import page
from api.pages.session import COOKIE, close_session, open_session

router = APIRouter(include_in_schema=False)


async def _typed(request: Request) -> Form:
    """What was typed, within the limits of every other body."""
    return await form_of(request)


Anyone = Annotated[Desk, at(None)]
Typed = Annotated[Form, Depends(_typed)]
LONGEST = 200
"""Characters of an address to go to."""


@router.get("/sign-in")
def sign_in_form(to: Annotated[str, Query(max_length=LONGEST)] = "") -> Response:
    """Ask for a key."""
    return page("sign_in.html", to=to, wrong=False)


@router.post("/sign-in")
def sign_in(request: Request, form: Typed) -> Response:
    """Open a session, and go where one wanted to go: a page of ours, never another site."""
    to = form.text("to")
    inside = to.startswith("/app/") and "\\" not in to and len(to) <= LONGEST
    answer = RedirectResponse("/app/", 303)
    found = open_session(running_of(request), form.text("key"), answer, request.url.scheme == "https")
    if found is None:
        return page("sign_in.html", 403, to=to if inside else "", wrong=True)
    key, actor = found
    counted(request, key)
    # Names that are no part of an address stay encoded: a header takes Latin letters only.
    answer.headers["location"] = quote(to, safe="/?=&%") if inside and to != "/app/" else home_of(actor)
    return answer


@router.post("/sign-out")
def sign_out(desk: Anyone) -> Response:
    """End the session, for whoever holds its cookie; the database has to be there for that."""
    assert desk.session is not None, "its form was this session's own"
    close_session(desk.running, desk.session)
    answer = RedirectResponse("/app/sign-in", 303)
    answer.delete_cookie(COOKIE, path="/app")
    return answer


def ask_to_sign_in(request: Request, error: Exception) -> Response:
    """Whoever is not signed in goes to the door first."""
    return RedirectResponse("/app/sign-in?to=" + quote(request.url.path), 303)
