"""Ids: one shape, sorted by time, never twice."""

from __future__ import annotations

import os
import time
from datetime import datetime

from oms.adapters.clock import epoch_ns, stamp
from oms.adapters.ids import ALPHABET, DRAWN, RandomIds


def _ms(id: str) -> int:
    number = 0
    for digit in id.partition("_")[2]:
        number = number * 32 + ALPHABET.index(digit)
    return number >> 72


def test_an_id_holds_its_millisecond_and_sorts_by_it() -> None:
    ids, made = RandomIds(), []
    for _ in range(40):
        before_ms = time.time_ns() // 1_000_000
        made.append(ids.new("res"))
        assert before_ms <= _ms(made[-1]) <= time.time_ns() // 1_000_000
        time.sleep(0.001)
    assert made == sorted(made)
    assert {len(id) for id in made} == {len("res_") + 24}


def test_no_two_are_alike_and_every_bit_of_chance_is_used() -> None:
    ids = RandomIds()
    made = {ids.new("x") for _ in range(20 * DRAWN)}
    assert len(made) == 20 * DRAWN
    for place in range(2 + 10, 2 + 24):
        assert {id[place] for id in made} == set(ALPHABET)


def test_a_forked_process_draws_its_own() -> None:
    ids = RandomIds()
    ids.new("x")  # more have been drawn than this one
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write, ids.new("x").encode())
        os._exit(0)
    own = ids.new("x")
    os.waitpid(child, 0)
    theirs = os.read(read, 100).decode()
    os.close(read)
    os.close(write)
    assert theirs[-14:] != own[-14:]


def test_a_stamp_says_the_present_to_the_millisecond() -> None:
    for _ in range(3):
        before_s = int(time.time() * 1000) / 1000
        said = stamp(epoch_ns())
        assert before_s <= _epoch_s(said) <= time.time()
        assert len(said) == len("2026-01-17T10:00:00.123+00:00")
        time.sleep(0.4)


def _epoch_s(said: str) -> float:
    return datetime.fromisoformat(said).timestamp()
