"""Who is signed in: a signed cookie that names an API key and its secret, good while that secret opens the
key, until they sign out, and for half a day at most."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from hmac import compare_digest

from fastapi import Request, Response

from oms.actors import Actor, Role
from oms.adapters.ids import new_secret
from oms.adapters.signer import BadToken
from oms.bootstrap import Runtime
from oms.memory.key_ring import secret_name
from oms.store.keys import ApiKey
from oms.store.sessions import end_session
from oms.work import transact

COOKIE = "anyshelf_session"
LIFE = timedelta(hours=12)
SLACK = timedelta(minutes=5)
"""By how much the clocks of two machines may differ."""
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
    until: datetime

    @property
    def name(self) -> str:
        """What it is called once it has ended: made of what is signed, for one cookie can be spelt in several
        ways."""
        return sha256(self.csrf.encode()).hexdigest()

    def own(self, sent: str) -> bool:
        """Whether a form came from a page of this session."""
        return compare_digest(self.csrf.encode(), sent.encode())


def open_session(running: Runtime, key: str, response: Response, secure: bool) -> tuple[ApiKey, Actor] | None:
    """Sign in with the API key of somebody at work; who it is. None: not such a key."""
    found = running.keys.open(key.strip())
    if found is None or found[1].role not in MAY_SIGN_IN:
        return None
    until = running.clock.now() + LIFE
    said = {"key": found[0].id, "secret": secret_name(key.strip())}
    document = {**said, "csrf": new_secret(), "until": until.isoformat()}
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
    known = running.keys.known(document["key"], document.get("secret", ""))
    if known is None:
        raise SignInFirst
    found = Session(*known, document["csrf"], datetime.fromisoformat(document["until"]))
    left = found.until - running.clock.now()
    # One that seems to last longer was begun under a clock that was ahead, or this one is behind.
    if not timedelta(0) < left <= LIFE + SLACK or found.name in running.ended_sessions:
        raise SignInFirst
    return found


def close_session(running: Runtime, session: Session) -> None:
    """Sign out: here at once, in every process within a second."""
    transact(
        running,
        session.actor,
        lambda work: end_session(work.conn, session.name, session.until, work.at),
    )
    running.ended_sessions.add(session.name)
