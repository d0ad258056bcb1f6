"""Small waves against a search that tries every combination of plans: equal cost, each wave recounted."""

from __future__ import annotations

import pytest

from routing.wave.solve import solve_wave
from routing.wave.verify import wave_faults
from tests.routing.wave_cases import best_by_trying_everything, random_wave, with_current

BLOCKS = 12
PER_BLOCK = 50


@pytest.mark.parametrize("block", range(BLOCKS))
def test_small_waves_equal_trying_everything(block: int) -> None:
    for seed in range(block * PER_BLOCK, (block + 1) * PER_BLOCK):
        wave = random_wave(seed, orders=1 + seed % 6, nodes=1 + seed % 3)
        if seed % 2:
            wave = with_current(wave, seed)
        result = solve_wave(wave, time_left=(lambda: 1.0) if seed % 3 else None)
        assert wave_faults(wave, result) == [], seed
        assert result.cost_minor == pytest.approx(best_by_trying_everything(wave), abs=1e-3), seed
        assert result.gap < 1e-9, seed
