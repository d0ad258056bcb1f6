"""Scenes for the POSTs of the replay lab."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.checkout.scenes import Asked, Scenes


def lab(scenes: Scenes) -> Mapping[str, Callable[[], Asked]]:
    def days_again() -> Asked:
        scenes.order()
        return "/v1/what-ifs", {"first_day": "2026-01-01", "last_day": "2026-01-31", "close": ["ST-1"]}

    return {"/v1/what-ifs": days_again}
