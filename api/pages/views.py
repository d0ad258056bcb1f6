"""The pages: network and stock at a glance, orders with their decisions, reservations."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from api.pages.drawing import lay_out
from api.pages.render import page
from api.pages.session import COOKIE, Session, open_session, session_of
from inventory.reads import GroupFilter, open_groups
from oms.bootstrap import Runtime
from oms.orders.order import OrderStatus
from oms.refusals import Code, Refused, refuse
from oms.usecases import order_reading
from oms.usecases.reservation_care import free_reservations
from oms.views.overview import overview, sku_names
from oms.work import transact
from routing.geo import geodesic_m
from routing.network_spec import NodeSpec

ROWS = 50
OLDEST = datetime.fromisoformat("0001-01-01T00:00:00+00:00")

router = APIRouter(include_in_schema=False)


def _running(request: Request) -> Runtime:
    running = request.app.state.runtime
    assert isinstance(running, Runtime)
    return running


Running = Annotated[Runtime, Depends(_running)]


def _session(request: Request, running: Running) -> Session:
    return session_of(request, running)


SignedIn = Annotated[Session, Depends(_session)]
Short = Annotated[str, Query(max_length=200)]


@router.get("/sign-in")
def sign_in_form(to: Short = "") -> Response:
    """Ask for a key."""
    return page("sign_in.html", to=to, wrong=False)


@router.post("/sign-in")
def sign_in(
    request: Request,
    running: Running,
    key: Annotated[str, Form(max_length=300)],
    to: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Open a session, and go where one wanted to go: a page of ours, never another site."""
    inside = to.startswith("/app/") and "\\" not in to
    answer = RedirectResponse(to if inside else "/app/", 303)
    if open_session(running, key, answer, request.url.scheme == "https"):
        return answer
    return page("sign_in.html", 403, to=to if inside else "", wrong=True)


@router.post("/sign-out")
def sign_out(session: SignedIn, csrf: Annotated[str, Form(max_length=100)]) -> Response:
    """End the session."""
    _own(session, csrf)
    answer = RedirectResponse("/app/sign-in", 303)
    answer.delete_cookie(COOKIE, path="/app")
    return answer


@router.get("/")
def show_overview(session: SignedIn, running: Running) -> Response:
    """Nodes on a map, what they hold and what they have to do."""
    with running.engine.connect() as conn:
        seen = overview(conn)
    placed = [node for node in seen.nodes if node.lat is not None and node.lon is not None]
    sheet = lay_out([(n.lat or 0.0, n.lon or 0.0) for n in placed], [float(n.on_hand) for n in placed])
    orders = order_reading.list_orders(running, session.actor, None, 8, None)[:8]
    dots = list(zip(placed, sheet.dots, strict=True))
    as_of = running.pool.as_of
    return _page("overview.html", session, seen=seen, sheet=sheet, dots=dots, orders=orders, as_of=as_of)


@router.get("/orders")
def show_orders(session: SignedIn, running: Running, status: Short = "", after: Short = "") -> Response:
    """Orders, newest first."""
    known = [one.value for one in OrderStatus]
    wanted = status if status in known else None
    key = after.split("~", 1) if "~" in after else None
    rows = order_reading.list_orders(running, session.actor, key, ROWS, wanted)
    shown = rows[:ROWS]
    more = None
    if len(rows) > ROWS:
        last = f"{shown[-1]['placed_at'].isoformat()}~{shown[-1]['id']}"
        more = urlencode({"status": status, "after": last})
    return _page("orders.html", session, orders=shown, statuses=known, status=wanted, more=more)


@router.get("/orders/{id}")
def show_order(id: str, session: SignedIn, running: Running) -> Response:
    """One order: its lines, parcels and the decision behind each in plain words."""
    _, order = order_reading.read_order(running, session.actor, id, None)
    decided = order_reading.decisions(running, session.actor, id)["decisions"]
    with running.engine.connect() as conn:
        names = sku_names(conn, [line["sku"] for line in order["lines"]])
    spec = running.networks.current.spec
    nodes = {node.id: node for node in spec.nodes}
    route = _route(order, nodes)
    return _page("order.html", session, order=order, decided=decided, names=names, nodes=nodes, route=route)


@router.get("/reservations")
def show_reservations(
    session: SignedIn,
    running: Running,
    node: Short = "",
    sku: Short = "",
    owner: Short = "",
    minutes: Annotated[int, Query(ge=0, le=10**6)] = 0,
) -> Response:
    """Reservations that hold something, oldest first."""
    now = running.clock.now()
    before = now - timedelta(minutes=minutes) if minutes else None
    wanted = GroupFilter(older_than=before, owner=owner or None, node=node or None, sku=sku or None)
    with running.engine.connect() as conn:
        rows = open_groups(conn, wanted, after=(OLDEST, ""), most=ROWS + 1)
    asked = {"node": node, "sku": sku, "owner": owner, "minutes": minutes}
    return _page("reservations.html", session, rows=rows[:ROWS], more=len(rows) > ROWS, now=now, asked=asked)


@router.post("/reservations/free")
def free_reservation(
    session: SignedIn,
    running: Running,
    id: Annotated[str, Form(max_length=100)],
    csrf: Annotated[str, Form(max_length=100)],
) -> Response:
    """Free one stuck reservation."""
    _own(session, csrf)
    transact(running, session.actor, lambda work: free_reservations(work, [id], "freed on the page"))
    return RedirectResponse("/app/reservations", 303)


def ask_to_sign_in(request: Request, error: Exception) -> Response:
    """Whoever is not signed in goes to the door first."""
    return RedirectResponse("/app/sign-in?to=" + quote(request.url.path), 303)


def show_refusal(request: Request, error: Exception) -> Response:
    """A named "no" as a page."""
    assert isinstance(error, Refused)
    status = 404 if error.refusal.code is Code.NOT_FOUND else 409
    return page("refused.html", status, refusal=error.refusal)


def _route(order: dict[str, Any], nodes: dict[str, NodeSpec]) -> dict[str, Any] | None:
    """The parcels' nodes and where they go, laid out on a sheet; ``apart``: metres between, by node."""
    used = [nodes[name] for name in dict.fromkeys(p["node"] for p in order["parcels"]) if name in nodes]
    where = order["destination"] or {}
    goal = nodes.get(order["promise"]["pickup_node"] or "")
    lat, lon = (goal.lat, goal.lon) if goal else (where.get("lat"), where.get("lon"))
    if not used or lat is None or lon is None:
        return None
    apart = {node.id: geodesic_m(node.lat, node.lon, lat, lon) for node in used if node is not goal}
    sheet = lay_out([(node.lat, node.lon) for node in used] + [(lat, lon)], [1.0] * (len(used) + 1))
    dots = list(zip(used, sheet.dots, strict=False))
    return {"sheet": sheet, "from": dots, "to": sheet.dots[-1], "apart": apart}


def _page(name: str, session: Session, **values: Any) -> Response:
    return page(name, session=session, **values)


def _own(session: Session, csrf: str) -> None:
    if not session.own(csrf):
        raise refuse(Code.FORBIDDEN, "This form is from another session; reload the page and try again")
