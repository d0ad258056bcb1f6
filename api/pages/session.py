"""Who is signed in: a signed cookie that names an API key, good while the key lives and for half a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest

from fastapi import Request, Response

from oms.actors import Actor, Role
from oms.adapters.ids import new_secret
from oms.adapters.signer import BadToken
from oms.bootstrap import Runtime
from oms.store.keys import ApiKey

COOKIE = "anyshelf_session"
LIFE = timedelta(hours=12)
PURPOSE = "session"
MAY_SIGN_IN = frozenset({Role.ADMIN, Role.BACKOFFICE, Role.STAFF, Role.COURIER})
"""A storefront's key belongs on a server."""


class SignInFirst(Exception):
    """Nobody is signed in; send them to the door, and back afterwards."""


@dataclass(frozen=True, slots=True)
class Session:
    """`key` is what one signed in with; `csrf` stands in every form and is compared when the form comes
    back.
    """

    key: ApiKey
    actor: Actor
    csrf: str

    def own(self, sent: str) -> bool:
        """Whether a form came from a page of this session."""
        return compare_digest(self.csrf.encode(), sent.encode())


def open_session(running: Runtime, key: str, response: Response, secure: bool) -> tuple[ApiKey, Actor] | None:
    """Sign in with the API key of somebody at work; who it is. None: not such a key."""
    found = running.keys.open(key.strip())
    if found is None or found[1].role not in MAY_SIGN_IN:
        return None
    until = running.clock.now() + LIFE
    document = {"key": found[0].id, "csrf": new_secret(), "until": until.isoformat()}
    response.set_cookie(
        COOKIE,
        running.signer.sign(PURPOSE, document),
        max_age=int(LIFE.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=secure,
        path="/app",
    )
    return found


def session_of(request: Request, running: Runtime) -> Session:
    """Raises SignInFirst."""
    try:
        document = running.signer.read(PURPOSE, request.cookies.get(COOKIE, ""))
    except BadToken as error:
        raise SignInFirst from error
    known = running.keys.known(document["key"])
    if known is None or running.clock.now() >= datetime.fromisoformat(document["until"]):
        raise SignInFirst
    return Session(*known, document["csrf"])
