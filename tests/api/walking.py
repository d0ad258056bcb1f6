"""Every route there is, found in the application, so that no new one is forgotten."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from httpx import Response

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


def sign_in(client: TestClient) -> TestClient:
    """The client with a session of the key it has."""
    key = client.headers["authorization"].removeprefix("Bearer ")
    answer = client.post("/app/sign-in", data={"key": key}, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return client


def shielded(answer: Response) -> Response:
    """The same answer; it has to carry what keeps a browser from making more of it than it is."""
    sent = answer.headers
    assert sent["x-content-type-options"] == "nosniff", answer.url
    assert sent["x-frame-options"] == "DENY", answer.url
    assert sent["referrer-policy"] == "no-referrer", answer.url
    assert sent["cache-control"] == "no-store", answer.url
    assert sent["x-request-id"], answer.url
    policy = sent["content-security-policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy, answer.url
    assert "script" not in policy and "unsafe" not in policy and "*" not in policy, answer.url
    return answer
