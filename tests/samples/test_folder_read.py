"""Reading: what a folder means, and what an empty cell means."""

from dataclasses import fields
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from oms.adapters.folder import (
    CLOSED,
    UNLIMITED,
    Folder,
    explain_columns,
    positions_of,
    read_folder,
    told_apart,
    write_folder,
)
from oms.adapters.folder_schema import TABLES
from oms.adapters.folder_values import Repeated
from tests.samples.folders import FILES, put


def same(one: Folder, other: Folder) -> None:
    """Every column of every table is equal."""
    assert one.network == other.network
    for name in TABLES:
        for field in fields(getattr(one, name)):
            left, right = getattr(getattr(one, name), field.name), getattr(getattr(other, name), field.name)
            assert left.tolist() == right.tolist() or np.array_equal(left, right, equal_nan=True), (
                name,
                field.name,
            )


def test_every_column_arrives_as_its_kind(tmp_path: Path) -> None:
    folder = read_folder(put(tmp_path))
    assert folder.nodes.methods.tolist() == [("ship", "pickup"), ("ship",)]
    assert folder.nodes.opens.tolist() == [480, 540]
    assert folder.nodes.calendar.tolist() == ["", "shop"]
    assert folder.calendars.days.tolist()[1:5] == [("sat",), ("sun",), ("holidays",), ("2017-10-02",)]
    assert folder.calendars.opens.tolist() == [540, 600, CLOSED, CLOSED, CLOSED, 540]
    assert folder.skus.barcode.tolist() == [("2000000000008", "2000000000015"), ()]
    assert folder.orders.placed_at.tolist() == [
        np.datetime64("2017-10-01T13:30:00", "us").item(),
        np.datetime64("2017-10-01T15:00:00", "us").item(),
    ]
    assert folder.lanes.up_to_km.tolist() == [float("inf"), 500.0]
    assert folder.network.currency == "USD"
    assert folder.network.unfilled_penalty_minor == 5000


def test_left_out_columns_and_empty_cells_take_their_defaults(tmp_path: Path) -> None:
    folder = read_folder(put(tmp_path))
    assert folder.nodes.name.tolist() == ["First", "N2"]
    assert folder.nodes.closes.tolist() == [1200, 1080]
    assert folder.calendars.closes.tolist()[2:4] == [CLOSED, CLOSED]
    assert folder.nodes.daily_order_capacity.tolist() == [UNLIMITED, UNLIMITED]
    assert folder.lines.line.tolist() == ["1", "2", "1"]
    assert folder.lines.unit_price_minor.tolist() == [95, 250, 99]
    assert folder.stock.safety_stock.tolist() == [1, 0, 0]
    assert folder.orders.channel.tolist() == ["web", "web"]


def test_only_nodes_skus_and_stock_are_needed(tmp_path: Path) -> None:
    bare = dict.fromkeys(
        (
            "calendars_csv",
            "orders_csv",
            "lines_csv",
            "returns_csv",
            "replenishments_csv",
            "tariffs_csv",
            "lanes_csv",
            "network_json",
        )
    )
    nodes = "id,lat,lon,methods\nN1,38.2,-85.7,pickup\nN2,39.1,-86.5,pickup\n"
    folder = read_folder(put(tmp_path, nodes_csv=nodes, **bare))
    assert len(folder.orders.id) == 0
    assert folder.nodes.timezone.tolist() == ["UTC", "UTC"]
    assert folder.nodes.closes.tolist() == [1440, 1440]
    write_folder(folder, tmp_path / "out")
    header = (tmp_path / "out" / "nodes.csv").read_text().splitlines()[0]
    assert "calendar" not in header and not (tmp_path / "out" / "calendars.csv").exists()


def test_written_and_read_back_it_is_the_same_as_csv_and_as_parquet(tmp_path: Path) -> None:
    folder = read_folder(put(tmp_path / "small"))
    for rows, name in ((10_000, "csv"), (0, "parquet")):
        write_folder(folder, tmp_path / name, parquet_from_rows=rows)
        assert (tmp_path / name / f"stock.{name}").is_file()
        same(read_folder(tmp_path / name), folder)


def test_the_same_values_are_written_as_the_same_bytes(tmp_path: Path) -> None:
    folder = read_folder(put(tmp_path / "small"))
    for name in ("one", "two"):
        write_folder(folder, tmp_path / name, parquet_from_rows=0)
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes(), path.name


def test_writing_anew_leaves_no_table_in_two_formats(tmp_path: Path) -> None:
    folder = read_folder(put(tmp_path / "small"))
    write_folder(folder, tmp_path / "out")
    write_folder(folder, tmp_path / "out", parquet_from_rows=0)
    same(read_folder(tmp_path / "out"), folder)


def test_a_column_that_says_nothing_may_be_left_out(tmp_path: Path) -> None:
    skus = FILES["skus.csv"].replace("Produce", "")
    write_folder(read_folder(put(tmp_path / "in", skus_csv=skus)), tmp_path / "out")
    assert "category" not in (tmp_path / "out" / "skus.csv").read_text()
    assert read_folder(tmp_path / "out").skus.category.tolist() == ["", ""]


def test_parquet_may_bring_its_own_types(tmp_path: Path) -> None:
    put(tmp_path, stock_csv=None)
    stock = pa.table(
        {
            "node": pa.array(["N1", "N1", "N2"]).dictionary_encode(),
            "sku": pa.array(["A", "B", "A"], pa.large_string()),
            "on_hand": pa.array([5, 2, 7], pa.int16()),
            "safety_stock": pa.array([1.0, None, float("nan")], pa.float64()),
        }
    )
    pq.write_table(stock, tmp_path / "stock.parquet")
    folder = read_folder(tmp_path)
    assert folder.stock.on_hand.tolist() == [5, 2, 7]
    assert folder.stock.safety_stock.tolist() == [1, 0, 0]


def test_a_byte_order_mark_quotes_and_line_ends_of_other_systems_are_read(tmp_path: Path) -> None:
    skus = '\ufeffid,name,weight_g\r\nA,"Apple, ""red""",150\r\n B ,Pain d’épices,400\r\n\r\n'
    folder = read_folder(put(tmp_path, skus_csv=skus))
    assert folder.skus.id.tolist() == ["A", "B"]
    assert folder.skus.name.tolist() == ['Apple, "red"', "Pain d’épices"]


def test_explain_names_every_column_with_what_it_defaults_to() -> None:
    notes = {(note.file, note.column): note for note in explain_columns()}
    assert len(notes) == sum(len(table.columns) for table in TABLES.values())
    assert notes["nodes", "id"].required
    assert notes["nodes", "closes"].default == "24:00"
    assert notes["nodes", "daily_order_capacity"].default == "no limit"
    assert notes["nodes", "methods"].allowed == "ship, pickup, courier"
    assert notes["lanes", "node"].allowed == "an id of nodes or *"
    assert notes["lines", "unit_price_minor"].default == "the SKU's"
    assert notes["skus", "category"].allowed == "at most 100 characters"


def test_a_column_of_text_knows_which_texts_it_has(tmp_path: Path) -> None:
    """What is found out of them is found out once each; of a part, or of any other column, it is the same."""
    column = read_folder(put(tmp_path)).lines.order
    assert isinstance(column, Repeated) and len(set(column)) < len(column)
    for texts in (column, column[1:], np.array(column.tolist(), np.object_), column[:0]):
        different, which = told_apart(texts)
        assert different[which].tolist() == texts.tolist()
        assert len(set(different)) == len(different)
        known = np.array(["nobody", *dict.fromkeys(texts.tolist()[::-1])], np.object_)
        assert positions_of(texts, known).tolist() == [known.tolist().index(text) for text in texts]
        assert positions_of(texts, known[:1]).tolist() == [-1] * len(texts)
    with pytest.raises(ValueError, match="read-only"):
        column[0] = "another"
