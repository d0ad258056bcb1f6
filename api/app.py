"""The HTTP application: every room's routes behind the guard, inside the frame."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI

from api import problems
from api.frame import Frame
from api.limits import Limits
from api.openapi import describe
from api.routes import catalogue, health, keys, network
from oms.bootstrap import Runtime, start
from oms.settings import Settings

LARGEST_BODY = 2 * 1024 * 1024

ROUTERS: tuple[APIRouter, ...] = (
    health.router,
    keys.router,
    catalogue.router,
    catalogue.router,
    network.router,
)
"""One line per room."""


def create_app(source: Runtime | Settings) -> FastAPI:
    """The application on a running process, or one that starts its own from settings and ends it with
    itself."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        if isinstance(source, Runtime):
            yield
            return
        app.state.runtime = start(source)
        try:
            yield
        finally:
            app.state.runtime.close()

    app = FastAPI(
        title="Anyshelf",
        version="1",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        max_body_size=LARGEST_BODY,
        redirect_slashes=False,
    )
    app.state.limits = Limits()
    if isinstance(source, Runtime):
        app.state.runtime = source
    for router in ROUTERS:
        app.include_router(router)
    problems.install(app)
    describe(app)
    app.add_middleware(Frame)
    return app
