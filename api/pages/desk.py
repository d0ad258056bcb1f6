"""Where somebody stands who is signed in: who it is, what the form says, and the API's own endpoints to act.

A page is for whom the access row of the endpoint it shows is for, and a form does its work by calling the
very function that serves the endpoint: the same row, the same body, the same refusals.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from inspect import signature
from typing import Any, get_type_hints

import orjson
from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute
from pydantic import TypeAdapter, ValidationError

from api.access import ACCESS, Rule
from api.faults import faults_of
from api.limits import Limits
from api.pages.forms import Form, form_of
from api.pages.render import page
from api.pages.session import Session, session_of
from api.problems import STATUS, retry_after, summarise
from oms.actors import Actor, Role
from oms.bootstrap import Runtime
from oms.refusals import Code, Refusal, Refused, refuse
from oms.store.keys import ApiKey
from oms.work import RequestKey

ROOMS: tuple[tuple[str, str, str], ...] = (
    ("/app/", "Overview", "/v1/orders"),
    ("/app/orders", "Orders", "/v1/orders"),
    ("/app/nodes", "Nodes", "/v1/nodes/{id}/fulfilment-orders"),
    ("/app/counter", "Counter", "/v1/pickups"),
    ("/app/runs", "Runs", "/v1/courier/runs"),
    ("/app/returns", "Returns", "/v1/returns"),
    ("/app/customers", "Customers", "/v1/customers"),
    ("/app/reservations", "Reservations", "/v1/reservations"),
    ("/app/waves", "Waves", "/v1/waves/{id}"),
    ("/app/what-ifs", "What if", "/v1/what-ifs/{id}"),
    ("/app/webhooks", "Webhooks", "/v1/webhooks"),
)
"""Address and name of a page, and the endpoint it shows."""
HERE = "anyshelf.desk"
CLOSED = Rule(frozenset())


@dataclass(frozen=True)
class Desk:
    """``posts``: the API's endpoints by address. ``session`` is None for a customer with a signed link."""

    actor: Actor
    running: Runtime
    posts: Mapping[str, APIRoute]
    address: str
    form: Form = field(default_factory=Form)
    session: Session | None = None

    @property
    def csrf(self) -> str:
        """What a form of this session carries."""
        return self.session.csrf if self.session else ""

    def once(self) -> str:
        """A key for one form: sent twice, it has one effect."""
        return self.running.ids.new("once")

    def may(self, endpoint: str, method: str = "POST") -> bool:
        """Whether the caller's role is let in there."""
        return self.actor.role in ACCESS.get((method, endpoint), CLOSED).roles

    def rooms(self) -> list[tuple[str, str]]:
        """Address and name of the pages for this role."""
        return [(to, name) for to, name, endpoint in ROOMS if self.may(endpoint, "GET")]

    def who(self, actor: str) -> str:
        """An actor of an event as people call it: the name of a living key, else what is known."""
        if actor.startswith("customer:"):
            return "the customer"
        return self.running.keys.name(actor) or actor

    def node(self, id: str) -> str:
        """A node as people call it."""
        nodes = self.running.networks.current.spec.nodes
        return next((node.name or id for node in nodes if node.id == id), id)

    def call(self, endpoint: str, body: Mapping[str, Any] | None = None, **path: Any) -> Any:
        """Do what a POST to the endpoint with this body would do; its answer. Raises Refused."""
        if not self.may(endpoint):
            raise refuse(Code.FORBIDDEN, "This key's role may not do that")
        serve = self.posts[endpoint].endpoint
        once = self.form.text("once") or self.once()
        about = tuple(str(id) for id in path.values())
        key = RequestKey(self.actor.key_id, f"{once} {endpoint}", self.form.digest(), about)
        given = {
            "caller": self.actor,
            "running": self.running,
            "request": key,
            "digest": key.digest,
            "expected": None,
            **path,
        }
        wanted = signature(serve).parameters
        if "body" in wanted:
            given["body"] = checked(get_type_hints(serve)["body"], body or {})
        answer: Response = serve(**{name: value for name, value in given.items() if name in wanted})
        return orjson.loads(answer.body)

    def page(self, template: str, refusal: Refusal | None = None, /, **values: Any) -> Response:
        """A page; with a refusal it says first why the form was not done."""
        if refusal is None:
            return page(template, desk=self, **values)
        said = page(template, STATUS[refusal.code], desk=self, refusal=refusal, **values)
        said.headers.update(retry_after(refusal))
        return said

    def to(self, address: str) -> Response:
        """Go to another page."""
        return RedirectResponse(address, 303)

    def act(
        self, actions: Mapping[str, Callable[[], object]], show: Callable[[Refusal], Response]
    ) -> Response:
        """Do what the form asks for by its ``do``, then see the page again, or what the action answers: an
        address or a page. If it is refused, the page says so.
        """
        try:
            action = actions.get(self.form.text("do"))
            if action is None:
                raise refuse(Code.MALFORMED, "This form asks for nothing that is known here")
            done = action()
        except Refused as refused:
            return show(refused.refusal)
        if isinstance(done, Response):
            return done
        return self.to(done if isinstance(done, str) else self.address)


def checked(model: Any, body: Mapping[str, Any]) -> Any:
    """The body as the endpoint takes it. Raises Refused as the endpoint would."""
    try:
        return TypeAdapter(model).validate_json(orjson.dumps(body))
    except ValidationError as error:
        found = [{**one, "loc": ("body", *one["loc"])} for one in error.errors()]
        raise Refused(summarise(faults_of(RequestValidationError(found, body=body)))) from error


def posts_of(app: FastAPI) -> dict[str, APIRoute]:
    """The endpoints that do something, by address."""
    found = [route for route in app.routes if isinstance(route, APIRoute)]
    return {route.path: route for route in found if "POST" in (route.methods or ())}


def at(endpoint: str | None, files: int = 0) -> Any:
    """A desk for those who may GET this address of the API; None: for all who are signed in. Forms have to
    be this session's own, with at most so many ``files``.
    """

    async def desk(request: Request) -> Desk:
        running = running_of(request)
        session = session_of(request, running)
        counted(request, session.key)
        form = await form_of(request, files) if request.method == "POST" else Form()
        query = f"?{request.url.query}" if request.url.query else ""
        address = request.url.path + query
        found = Desk(session.actor, running, request.app.state.posts, address, form, session)
        request.scope[HERE] = found
        _in_order(found, request, endpoint)
        return found

    return Depends(desk)


def running_of(request: Request) -> Runtime:
    """The process."""
    running = request.app.state.runtime
    assert isinstance(running, Runtime)
    return running


def counted(request: Request, key: ApiKey) -> None:
    """One request of the key's: a form is one too, whatever endpoints it calls. Raises Refused
    rate_limited.
    """
    limits: Limits = request.app.state.limits
    request.scope["anyshelf.headers"], too_many = limits.admit(key, checkout=False)
    if too_many is not None:
        raise Refused(too_many)


def _in_order(desk: Desk, request: Request, endpoint: str | None) -> None:
    if b"%00" in request.scope.get("raw_path", b"") or b"%00" in request.scope["query_string"]:
        raise refuse(Code.MALFORMED, "An address may not hold the character U+0000")
    if endpoint is not None and not desk.may(endpoint, "GET"):
        raise refuse(Code.FORBIDDEN, "This page is not for the role of your key")
    if request.method == "POST" and not (desk.session and desk.session.own(desk.form.text("csrf"))):
        raise refuse(Code.FORBIDDEN, "This form is from another session; reload the page and try again")


def home_of(actor: Actor) -> str:
    """The page one begins with."""
    if actor.trusted:
        return "/app/"
    if actor.role is Role.COURIER:
        return "/app/runs"
    return "/app/nodes"
