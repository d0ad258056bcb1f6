"""Scenes for the POSTs of the replay lab."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from oms.usecases.what_ifs import run_what_ifs
from tests.checkout.scenes import Asked, Scenes

DAYS = {"first_day": "2026-01-01", "last_day": "2026-01-31"}


def lab(scenes: Scenes) -> Mapping[str, Callable[[], Asked]]:
    def days_again() -> Asked:
        scenes.order()
        return "/v1/what-ifs", DAYS | {"close": ["ST-1"]}

    def played() -> Asked:
        path, body = days_again()
        made = scenes.post(path, body | {"policies": ["cheapest"]})
        run_what_ifs(scenes.shop.runtime)
        return f"/v1/what-ifs/{made['id']}/install", {"policy": "cheapest"}

    return {"/v1/what-ifs": days_again, "/v1/what-ifs/{id}/install": played}
