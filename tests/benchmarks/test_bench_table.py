"""The one table: what was measured in this run, beside what must be reached."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from benchmarks import bench_table
from benchmarks.bench_table import Bar, Row, cells, newest, plain, rows_of


def test_whether_a_bar_was_reached_is_judged_by_the_ratio_or_else_by_the_figure() -> None:
    at_least, at_most = Bar("at least", 0.35, 0.5), Bar("at most", 60.0)
    assert Row("a", "a second", 10, 100, 0.1, bar=at_least).reached is False
    assert Row("a", "a second", 10, 20, 0.5, bar=at_least).reached is True
    assert [Row("b", "s", ours, bar=at_most).reached for ours in (59.9, 60.1)] == [True, False]
    assert Row("c", "ms", 1).reached is None


def test_a_row_says_all_of_it_in_words() -> None:
    row = Row("orders", "a second", 351.3, 550.2, 0.638, 86.7, 144.4, Bar("at least", 0.35, 0.5))
    assert cells(row) == (
        "orders",
        "351 a second",
        "550",
        "63.8%",
        "86.7 ms",
        "144 ms",
        "≥ 35 % (50 %)",
        "yes",
    )
    slow = Row("promises", "ms", 4.84, 2.0, 2.42, bar=Bar("at most", 1.5))
    assert cells(slow) == ("promises", "4.84 ms", "2", "2.42 ×", "", "", "≤ 1.5 ×", "no")
    assert cells(Row("pool", "MB", 290.5, bar=Bar("at most", 600)))[-2:] == ("≤ 600 MB", "yes")
    assert plain([row, slow]).count("\n") == 2


def test_every_committed_result_has_rows() -> None:
    for kind in bench_table.KINDS:
        path = newest(kind)
        assert path is None or rows_of(kind, path), kind
    assert newest("orders") is not None


def test_only_what_was_written_since_the_run_began_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    old = newest("orders")
    assert old is not None
    begun = tmp_path / "begun"
    begun.touch()
    for name, age_s in (("2026-01-01-orders", -5), ("2026-01-02-resource", 5)):
        source = newest(name[11:])
        assert source is not None
        made = tmp_path / f"{name}.json"
        made.write_text(source.read_text())
        at = begun.stat().st_mtime + age_s
        os.utime(made, (at, at))
    monkeypatch.setattr("benchmarks.machine.RESULTS", tmp_path)
    assert bench_table.main(["--since", str(begun), "--results", str(tmp_path)]) == 0
    told = capsys.readouterr().out
    assert "reject until" in told and "orders of 2 lines" not in told
    assert "Not measured: checkout, orders" in told
    (written,) = tmp_path.glob("*-bench.json")
    document = json.loads(written.read_text())
    assert document["from"] == ["2026-01-02-resource.json"] and "orders" in document["not_measured"]
    assert document["rows"][0]["reached"] is True
