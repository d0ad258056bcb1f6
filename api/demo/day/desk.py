"""Everybody who acts in the demo, each with a key of their own; what they were answered is counted."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import httpx

from oms.adapters.clock import elapsed_s
from oms.adapters.ids import RandomIds

Json = dict[str, Any]

TIMEOUT_S = 120.0
AT_ONCE = 6
NEWS_S = 5.0
"""How long a new key may take to be known to all processes."""
TRIES = 5
AGAIN = (429, 503)
OFFICE = "office"
SHOP = "web shop"


@dataclass(slots=True)
class Tally:
    """``refused``: answers by what was asked and the code. ``broken``: answers that say the server failed."""

    sent: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)


class Desk:
    """Sends requests for whoever acts. One for all threads."""

    def __init__(self, url: str, admin_key: str) -> None:
        limits = httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE)
        self._http = httpx.Client(base_url=url, timeout=TIMEOUT_S, limits=limits)
        self._keys: dict[str, str] = {OFFICE: admin_key}
        self.ids: dict[str, str] = {}
        self.tally = Tally()
        self._lock = Lock()
        self._ids = RandomIds()

    def close(self) -> None:
        self._http.close()

    def employ(self, people: Iterable[tuple[str, Json]]) -> None:
        """A key for each (name, role and scope), made by the back office."""
        for name, role in people:
            made = self.post(OFFICE, "/v1/keys", {"name": name, **role})
            assert made is not None, "an admin may make keys"
            self._keys[name], self.ids[name] = made["key"], made["id"]

    def get(self, who: str, path: str, **params: Any) -> Json | None:
        """The document, or None where it was refused."""
        return self._sent(who, "GET", path, params=params)

    def every(self, who: str, path: str, **params: Any) -> list[Json]:
        """All items of a listing."""
        found: list[Json] = []
        after: Json = {}
        while True:
            page = self.get(who, path, limit=200, **params, **after)
            if page is None:
                return found
            found += page["items"]
            if not page["next"]:
                return found
            after = {"cursor": page["next"]}

    def post(self, who: str, path: str, body: Mapping[str, Any] | None = None) -> Json | None:
        """The answer, or None where it was refused, which is counted by its code."""
        headers = {"Idempotency-Key": self._ids.new("day")}
        return self._sent(who, "POST", path, json=body or {}, headers=headers)

    def put(self, who: str, path: str, body: Mapping[str, Any]) -> Json | None:
        """The answer, or None where it was refused."""
        return self._sent(who, "PUT", path, json=body)

    def _sent(
        self, who: str, method: str, path: str, headers: Mapping[str, str] | None = None, **more: Any
    ) -> Json | None:
        headers = {"Authorization": f"Bearer {self._keys[who]}", **(headers or {})}
        began_s = elapsed_s()
        for attempt in range(1, TRIES + 1):
            answer = self._http.request(method, path, headers=headers, **more)
            while answer.status_code == httpx.codes.UNAUTHORIZED and elapsed_s() < began_s + NEWS_S:
                time.sleep(0.1)
                answer = self._http.request(method, path, headers=headers, **more)
            if answer.status_code not in AGAIN or attempt == TRIES:
                break
            time.sleep(0.1 * attempt)
        return self._counted(method, path, answer)

    def _counted(self, method: str, path: str, answer: httpx.Response) -> Json | None:
        with self._lock:
            self.tally.sent += 1
            if answer.is_server_error:
                self.tally.broken.append(f"{method} {path}: {answer.status_code}")
            elif answer.is_client_error:
                self.tally.refused[f"{method} {shape(path)}: {answer.json().get('code')}"] += 1
        return answer.json() if answer.is_success else None


def shape(path: str) -> str:
    """The path without ids: /v1/pick-lists/pl_06…/claim → /v1/pick-lists/…/claim."""
    parts = path.split("/")
    return "/".join(
        part if place < 3 or part.replace("-", "").isalpha() else "…" for place, part in enumerate(parts)
    )
