"""A process that is told to end ends its wave soon, and leaves none half claimed."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from oms.steps import wave_looking
from oms.usecases import waves
from oms.usecases.waves import run_waves
from routing.wave.problem import Wave, WaveResult
from routing.wave.solve import solve_wave
from tests.waves.conftest import Shop, crossed, nodes, shop

__all__ = ["shop"]


def asked(shop: Shop) -> str:
    answer = shop.post("/v1/waves", {"deadline_s": 5}, shop.admin)
    assert answer.status_code == 202, answer.text
    return str(answer.headers["Location"])


def shown(shop: Shop, where: str) -> Any:
    return shop.admin.get(where).json()


def test_a_process_that_closes_begins_no_wave(shop: Shop) -> None:
    crossed(shop)
    where = asked(shop)
    shop.runtime.closing.set()
    assert run_waves(shop.runtime) == 0
    assert shown(shop, where)["state"] == "queued"


def test_a_wave_that_is_still_looking_goes_back_to_the_queue(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    crossed(shop)
    where = asked(shop)
    read, seen = vars(wave_looking)["open_order"], []

    def closing(some: Any, id: str) -> Any:
        seen.append(id)
        shop.runtime.closing.set()
        return read(some, id)

    monkeypatch.setattr(wave_looking, "open_order", closing)
    run_waves(shop.runtime)
    assert len(seen) == 1, "it looks at no other order"
    told = shown(shop, where)
    assert (told["state"], told["begun_at"], told["detail"]) == ("queued", None, "")
    shop.runtime.closing.clear()
    monkeypatch.undo()
    assert run_waves(shop.runtime) == 1
    assert shown(shop, where)["state"] == "done" and nodes(shop, "o-2") == ["WH"]


def test_a_wave_that_is_being_solved_takes_the_best_so_far(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    crossed(shop)
    where = asked(shop)

    def closing(problem: Wave, *, time_left: Any) -> WaveResult:
        assert time_left() > 0
        shop.runtime.closing.set()
        assert time_left() == 0
        return solve_wave(problem, time_left=time_left)

    monkeypatch.setattr(waves, "solve_wave", closing)
    assert run_waves(shop.runtime) == 1
    told = shown(shop, where)
    assert told["state"] == "done" and told["after_minor"] == told["before_minor"]
    assert nodes(shop, "o-1") == ["WH"], "nothing is begun any more"


def test_the_engine_and_waves_are_compiled_before_a_worker_says_that_it_works() -> None:
    """In a process of its own, where nothing else has been solved."""
    code = """
from typer.testing import CliRunner
from api.cli import work
from routing.wave import kernel

def ready(settings):
    print("solves", bool(kernel.price_orders.signatures))

work.settings_on_schema = lambda: None
work.logs.configure = lambda chosen: None
work.run_worker = ready
print(CliRunner().invoke(work.app, []).output)
"""
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=280
    )
    assert "solves True" in ran.stdout, ran.stderr
