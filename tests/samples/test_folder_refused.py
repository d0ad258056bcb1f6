"""Refusing: each thing wrong is named with file, row and column, all of them at once."""

from pathlib import Path

import pytest

from oms.adapters.folder import FolderRefused, read_folder
from oms.adapters.folder_faults import KEPT_PER_CHECK
from tests.samples.folders import FILES, put


def faults(folder: Path) -> list[tuple[str, int, str, str]]:
    """(file, row, column, code) of everything that is wrong with a folder."""
    with pytest.raises(FolderRefused) as refused:
        read_folder(folder)
    assert all(fault.detail for fault in refused.value.faults)
    return [(fault.file, fault.row, fault.column, fault.code) for fault in refused.value.faults]


STEP_BACK = [(3, "up_to_g", "does_not_reach"), (3, "up_to_g", "not_ascending")]
SPOILED = [
    ("nodes.csv", "kind,lat,", "kind,latt,", [(1, "lat", "missing_column"), (1, "latt", "unknown_column")]),
    ("nodes.csv", "38.2,-85.7", "98.2,-185.7", [(2, "lat", "too_large"), (2, "lon", "too_small")]),
    ("nodes.csv", "38.2,-85.7", "north,", [(2, "lat", "bad_number"), (2, "lon", "missing_value")]),
    ("nodes.csv", "38.2,-85.7", "nan,1e400", [(2, "lat", "bad_number"), (2, "lon", "too_large")]),
    ("nodes.csv", "America/Kentucky/Louisville", "Kentucky", [(2, "timezone", "unknown_timezone")]),
    ("nodes.csv", "08:00,20:00", "20:00,08:00", [(2, "closes", "closes_before_opens")]),
    ("nodes.csv", "08:00,20:00", "8 am,25:00", [(2, "closes", "bad_clock"), (2, "opens", "bad_clock")]),
    ("nodes.csv", "ship|pickup", "ship|drone", [(2, "methods", "not_allowed")]),
    ("nodes.csv", "First,store", "First,shop", [(2, "kind", "not_allowed")]),
    ("nodes.csv", "US,40201", "USA,40201", [(2, "country", "bad_country")]),
    ("nodes.csv", "18:00,shop", "18:00,shops", [(3, "calendar", "unknown_calendar")]),
    ("calendars.csv", "sat,10:00", "sat|caturday,10:00", [(3, "days", "bad_day")]),
    ("calendars.csv", "2017-12-24", "24.12.2017", [(7, "days", "bad_day")]),
    ("calendars.csv", "2017-12-24", "20171224", [(7, "days", "bad_day")]),
    ("calendars.csv", "shop,sun,", "shop,sun|fri,", [(4, "days", "duplicate")]),
    ("calendars.csv", "shop,sun,", "shop,,", [(4, "days", "missing_value")]),
    ("calendars.csv", "10:00,24:00", "10:00,", [(3, "closes", "half_of_hours")]),
    ("calendars.csv", "10:00,24:00", "10 am,24:00", [(3, "opens", "bad_clock")]),
    ("calendars.csv", "09:00,18:00", "18:00,09:00", [(2, "closes", "closes_before_opens")]),
    ("calendars.csv", "holidays,,", "holidays,10:00,12:00", [(5, "opens", "open_on_holidays")]),
    ("calendars.csv", "shop,sun", "daily-0800-2000-h,sun", [(4, "name", "reserved_name")]),
    ("calendars.csv", "days,", "day,", [(1, "day", "unknown_column"), (1, "days", "missing_column")]),
    ("skus.csv", "Apple,150", "Apple,-150", [(2, "weight_g", "too_small")]),
    ("skus.csv", "Apple,150", "Apple,1.5", [(2, "weight_g", "bad_integer")]),
    ("skus.csv", "Apple,150", "Apple,9999999999", [(2, "weight_g", "too_large")]),
    ("skus.csv", "Apple,150", "Apple,99999999999999999999", [(2, "weight_g", "bad_integer")]),
    ("skus.csv", "A,Apple", "A,App\x01le", [(2, "name", "bad_text")]),
    ("skus.csv", "Apple,150,99", "Apple,150", [(2, "", "ragged_row")]),
    ("skus.csv", "Produce", "P" * 101, [(2, "category", "too_long")]),
    ("skus.csv", "Produce", "Pro\x1fduce", [(2, "category", "bad_text")]),
    ("stock.csv", "N2,A,7", "N9,A,7", [(4, "node", "unknown_node")]),
    ("stock.csv", "N2,A,7", "N2,Z,7", [(4, "sku", "unknown_sku")]),
    ("stock.csv", "N2,A,7", "N1,A,7", [(4, "sku", "duplicate")]),
    ("stock.csv", "N1,B,2", "N1,B,", [(3, "on_hand", "missing_value")]),
    ("orders.csv", "O2,", "O1,", [(3, "id", "duplicate")]),
    ("orders.csv", "2017-10-01T09:30:00-04:00", "2017-13-01", [(2, "placed_at", "bad_instant")]),
    ("orders.csv", "38.25,-85.75", "38.25,", [(2, "lat", "half_a_place")]),
    ("lines.csv", "O2,A,1", "O2,A,0", [(4, "quantity", "too_small")]),
    ("lines.csv", "O2,A,1", "O7,A,1", [(4, "order", "unknown_order")]),
    ("lines.csv", "order,sku", "sku,sku", [(1, "sku", "duplicate_column")]),
    ("returns.csv", "R1,O1", "R1,O9", [(2, "order", "unknown_order")]),
    ("replenishments.csv", "N1,B,4", "N1,B,-4", [(2, "quantity", "too_small")]),
    ("tariffs.csv", "z1,500,420", "z1,500,", [(2, "minor", "missing_value")]),
    ("tariffs.csv", "z1,500,420", "z1,30000,420", [(3, "up_to_g", "duplicate")]),
    ("tariffs.csv", "z1,500,420", "z1,40000,420", [(3, "up_to_g", "not_ascending")]),
    ("tariffs.csv", "z1,30000,1900", "z1,399,1900", STEP_BACK),
    ("tariffs.csv", "z1,30000,1900\n", "z2,30000,1900\nz1,30000,1900\n", [(4, "name", "not_together")]),
    ("lanes.csv", "*,US,,500,z1", "*,US,,500,z7", [(3, "tariff", "unknown_tariff")]),
    ("lanes.csv", "*,US,,500,z1", "N7,US,,500,z1", [(3, "node", "unknown_node")]),
    ("lanes.csv", "*,US,,500,z1", "*,US,,-5,z1", [(3, "up_to_km", "too_small")]),
    ("network.json", '"USD"', '"dollars"', [(0, "currency", "bad_currency")]),
    ("network.json", "5000", "-1", [(0, "unfilled_penalty_minor", "bad_number")]),
    ("network.json", '"US": "US"', '"US": "XX"', [(0, "holidays", "bad_calendar")]),
    ("network.json", '"holidays"', '"holiday"', [(0, "holiday", "unknown_key")]),
    ("network.json", "{", "[", [(1, "", "bad_json")]),
]  # fmt: skip


@pytest.mark.parametrize(("file", "right", "wrong", "expected"), SPOILED)
def test_one_spoiled_cell_is_named(
    tmp_path: Path, file: str, right: str, wrong: str, expected: list[tuple[int, str, str]]
) -> None:
    assert right in FILES[file]
    spoiled = FILES[file].replace(right, wrong, 1)
    found = faults(put(tmp_path, **{file.replace(".", "_"): spoiled}))
    assert [fault[1:] for fault in found if fault[0] == file] == expected
    assert {fault[0] for fault in found} == {file} or file in (
        "nodes.csv",
        "lanes.csv",
        "skus.csv",
        "orders.csv",
    )


def test_all_faults_of_all_files_come_at_once(tmp_path: Path) -> None:
    found = faults(
        put(
            tmp_path,
            skus_csv=FILES["skus.csv"].replace("150", "-1").replace("400", "heavy"),
            stock_csv=FILES["stock.csv"].replace("N2", "N8"),
            orders_csv=FILES["orders.csv"].replace("-85.75", "-285.75"),
        )
    )
    assert found == [
        ("orders.csv", 2, "lon", "too_small"),
        ("skus.csv", 2, "weight_g", "too_small"),
        ("skus.csv", 3, "weight_g", "bad_integer"),
        ("stock.csv", 4, "node", "unknown_node"),
    ]


def test_a_missing_file_is_one_fault_and_not_one_per_reference(tmp_path: Path) -> None:
    assert faults(put(tmp_path, skus_csv=None)) == [("skus.csv", 0, "", "missing_file")]


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    assert faults(tmp_path / "nowhere") == [("nowhere", 0, "", "missing_folder")]


def test_one_table_in_two_formats(tmp_path: Path) -> None:
    put(tmp_path)
    (tmp_path / "stock.parquet").write_bytes(b"")
    assert faults(tmp_path) == [("stock.csv", 0, "", "ambiguous_file")]


def test_bytes_that_are_not_utf8_are_named_with_their_row(tmp_path: Path) -> None:
    latin = FILES["skus.csv"].replace("Bread", "Pâté").encode("latin-1")
    assert faults(put(tmp_path, skus_csv=latin)) == [("skus.csv", 3, "", "not_utf8")]
    utf16 = FILES["skus.csv"].encode("utf-16")
    assert faults(put(tmp_path, skus_csv=utf16)) == [("skus.csv", 1, "", "not_utf8")]


def test_an_empty_file_and_a_parquet_file_that_is_none(tmp_path: Path) -> None:
    assert faults(put(tmp_path / "empty", nodes_csv="")) == [("nodes.csv", 1, "", "empty_file")]
    put(tmp_path / "none", stock_csv=None)
    (tmp_path / "none" / "stock.parquet").write_bytes(b"PAR1 not really")
    assert faults(tmp_path / "none") == [("stock.parquet", 0, "", "unreadable")]


def test_rows_after_a_ragged_one_keep_their_numbers(tmp_path: Path) -> None:
    lines = "order,sku,quantity\nO1,A\nO1,B,x\nO2,A,1,9\nO2,B,-1\n"
    assert faults(put(tmp_path, lines_csv=lines)) == [
        ("lines.csv", 2, "", "ragged_row"),
        ("lines.csv", 3, "quantity", "bad_integer"),
        ("lines.csv", 4, "", "ragged_row"),
        ("lines.csv", 5, "quantity", "too_small"),
    ]


def test_a_tariff_must_carry_what_its_lanes_nodes_stock(tmp_path: Path) -> None:
    heavy = FILES["skus.csv"].replace("Bread,400", "Anvil,40000")
    assert faults(put(tmp_path, skus_csv=heavy)) == [("tariffs.csv", 3, "up_to_g", "does_not_reach")]


def test_whose_holidays_a_calendar_rests_on_is_known(tmp_path: Path) -> None:
    nowhere = FILES["nodes.csv"].replace("US,47401", ",47401")
    assert ("nodes.csv", 3, "country", "unknown_holidays") in faults(put(tmp_path, nodes_csv=nowhere))


def test_a_node_that_ships_needs_a_lane(tmp_path: Path) -> None:
    lanes = "node,country,tariff\nN1,US,z1\n"
    assert faults(put(tmp_path, lanes_csv=lanes)) == [("nodes.csv", 3, "id", "no_lane")]


def test_a_million_wrong_cells_are_counted_and_not_kept(tmp_path: Path) -> None:
    rows = "".join(f"N1,X{number},1\n" for number in range(KEPT_PER_CHECK + 50))
    with pytest.raises(FolderRefused) as refused:
        read_folder(put(tmp_path, stock_csv="node,sku,on_hand\n" + rows))
    assert len(refused.value.faults) == KEPT_PER_CHECK
    assert refused.value.more == 50
