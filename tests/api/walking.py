"""Every route there is, found in the application, so that no new one is forgotten."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fastapi.routing import APIRoute

from api.app import ROUTERS as ENDPOINTS
from api.pages import tracking
from api.pages.app import ROUTERS as ROOMS


def pages() -> Iterator[tuple[str, str]]:
    """Method and path of every page and form."""
    for prefix, routers in (("/app", ROOMS), ("/track", (tracking.router,))):
        for router in routers:
            yield from _of(router.routes, prefix)


def endpoints() -> Iterator[tuple[str, str]]:
    """The same of the API."""
    for router in ENDPOINTS:
        yield from _of(router.routes, "")


def forms() -> list[str]:
    """Paths that a form is sent to."""
    return sorted(path for method, path in pages() if method == "POST")


def filled(path: str, value: str = "x") -> str:
    """An address of such a path."""
    return re.sub(r"\{[^}]+\}", value, path)


def _of(routes: object, prefix: str) -> Iterator[tuple[str, str]]:
    assert isinstance(routes, list)
    for route in routes:
        assert isinstance(route, APIRoute)
        yield from ((method, prefix + route.path) for method in route.methods or ())
