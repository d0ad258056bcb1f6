"""The HTTP application: every room's routes behind the guard, inside the frame."""

import gc
import os
import signal
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import FrameType
from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.types import Receive, Scope, Send

from api import afterwards, problems
from api.frame import Frame
from api.lane import LANE, Lane
from api.limits import Limits
from api.openapi import describe
from api.pages.app import create_pages, create_tracking
from api.routes import (
    catalogue,
    checkout,
    courier,
    customers,
    docs,
    events,
    health,
    imports,
    keys,
    money,
    network,
    node_work,
    on_the_way,
    orders,
    papers,
    picking,
    pickups,
    proofs,
    reservation_care,
    returns,
    routing,
    rules,
    shipments,
    stock,
    waves,
    webhooks,
    what_ifs,
)
from api.switch import Switch
from oms.adapters.clock import Clock
from oms.bootstrap import Runtime, start
from oms.jobs import Background
from oms.settings import Settings, from_environment
from routing.warm import warm_up

ROUTERS: tuple[APIRouter, ...] = (
    health.router,
    docs.router,
    keys.router,
    events.router,
    catalogue.router,
    network.router,
    rules.router,
    stock.router,
    checkout.router,
    orders.router,
    picking.router,
    node_work.router,
    money.router,
    returns.router,
    customers.router,
    routing.router,
    on_the_way.router,
    reservation_care.router,
    imports.router,
    courier.router,
    proofs.router,
    shipments.router,
    papers.router,
    pickups.router,
    webhooks.router,
    waves.router,
    what_ifs.router,
)
"""One line per room."""


class Application(FastAPI):
    """FastAPI with the short way before it."""

    lane: Lane

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, or the life of the server."""
        scope["app"] = self
        await self.lane(scope, receive, send)

    async def ordinary(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The framework's way."""
        await super().__call__(scope, receive, send)


def create_app(source: Runtime | Settings | None = None, clock: Clock | None = None) -> FastAPI:
    """The application on a running process, or one that starts its own from settings and ends it with
    itself."""

    @asynccontextmanager
    async def lifespan(app: Application) -> AsyncIterator[dict[str, Any]]:
        told = {LANE: app.lane}
        if isinstance(source, Runtime):
            yield told
            return
        running = start(source or from_environment(os.environ), clock=clock)
        _run_on(app, running)
        warm_up()  # the first order shall not wait for the compiler
        gc.collect()
        gc.freeze()  # what is there now stays: no request shall wait while all of it is gone through again
        background = Background(running)
        background.start()
        _hear_the_end(app)
        try:
            yield told
        finally:
            afterwards.settle()
            background.close()
            running.close()

    app = Application(
        title="Anyshelf",
        version="1",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.limits = Limits()
    app.state.streams = 0
    app.state.ending = False
    known = [route for router in ROUTERS for route in router.routes]
    app.router.routes.extend([Switch(known), *known])
    problems.install(app)
    describe(app)
    app.mount("/app", create_pages(app))
    app.mount("/track", create_tracking(app))
    app.add_middleware(Frame)
    app.lane = Lane(app.ordinary, checkout.QUICK, known, app.state.limits)
    if isinstance(source, Runtime):
        _run_on(app, source)
    return app


def _run_on(app: Application, running: Runtime) -> None:
    app.state.runtime = app.lane.runtime = running


def _hear_the_end(app: FastAPI) -> None:
    """Know of SIGTERM at once: what never ends by itself, an event stream, has to end before the server."""
    if threading.current_thread() is not threading.main_thread():
        return
    before = signal.getsignal(signal.SIGTERM)

    def told(number: int, frame: FrameType | None) -> None:
        app.state.ending = True
        if callable(before):
            before(number, frame)

    signal.signal(signal.SIGTERM, told)
