"""The two benchmarks that load worlds of their own, at a size at which they take seconds."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from benchmarks import scale, stock_feed
from benchmarks.scale_world import BROAD, Size, world
from inventory.feed import Feed
from inventory.pool import AvailabilityPool

pytestmark = pytest.mark.timeout(300)


def test_a_world_holds_what_it_says_and_is_not_loaded_twice(tmp_path: Path) -> None:
    size = Size(nodes=12, skus=90, held=4)
    with world(size, tmp_path / "w") as place:
        assert place.positions == BROAD * 6 + (90 - BROAD) * 4
        engine = create_engine(place.server.url())
        with engine.begin() as conn:
            broad = conn.scalar(
                text("SELECT count(*) FROM position p JOIN sku ON no = sku_no WHERE id = 'S3'")
            )
            conn.execute(text("UPDATE sku SET name = 'kept' WHERE id = 'S3'"))
            indexes = conn.scalar(text("SELECT count(*) FROM pg_indexes WHERE tablename = 'position'"))
            orphans = text(
                "SELECT count(*) FROM position p WHERE NOT EXISTS (SELECT FROM node n WHERE n.no = p.node_no)"
            )
            assert (broad, indexes, conn.scalar(orphans)) == (6, 3, 0)
        pool = AvailabilityPool()
        feed = Feed(engine, pool)
        feed.look()
        feed.close()
        assert pool.state.rows.positions == place.positions
        engine.dispose()
    assert json.loads((tmp_path / "w" / "loaded").read_text())["size"] == asdict(size)
    with world(size, tmp_path / "w") as place:
        engine = create_engine(place.server.url())
        with engine.begin() as conn:
            assert conn.scalar(text("SELECT name FROM sku WHERE id = 'S3'")) == "kept"
        engine.dispose()
    with pytest.raises(AssertionError, match="another world"), world(Size(1, 1, 1), tmp_path / "w"):
        pass


def test_scale_compares_two_sizes(capsys: pytest.CaptureFixture[str]) -> None:
    sizes = ["--small", "6x110x3", "--large", "30x200x4"]
    short = ["--asks", "40", "--rounds", "1", "--seconds", "0.1", "--dry"]
    assert scale.main([*sizes, *short]) in (0, 1)
    told = capsys.readouterr().out
    assert all(row in told for row in ("availability, 3 SKUs", "promises, 3 lines", '"ready_s"', '"pool"'))


def test_the_stock_feed_is_measured_and_the_books_agree(capsys: pytest.CaptureFixture[str]) -> None:
    assert stock_feed.main(["--nodes", "2", "--skus", "60", "--rounds", "1", "--dry"]) in (0, 1)
    told = capsys.readouterr().out
    assert all(way in told for way in ("COPY into a bare table", "every count new", "POST movements"))


def test_what_falls_short_is_named() -> None:
    large = {"ready_s": 61.0, "pool": {"rss_growth_mb": 100.0}}
    figures = {"large": large, "questions": [{"question": "promises, 3 lines", "ratio": 1.6}]}
    assert scale.shortfalls(figures) == ["ready within 60 s", "promises within 1.5 × of the small network"]
