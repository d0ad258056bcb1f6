"""The report: one file that fetches nothing and runs nothing, and says which policies nothing beats."""

import re
from dataclasses import replace

from api.cli.replay_report import report_html
from routing.replay.report import compare, unbeaten
from tests.replay.world import random_world


def test_a_report_stands_alone_and_names_every_policy() -> None:
    found = compare(*random_world(4, 20), policies=("nearest", "cheapest"), rounds=10)
    page = report_html(found, "Replay of <somewhere>")
    assert "Replay of &lt;somewhere&gt;" in page
    assert "<script" not in page
    assert not re.search(r"(src|href)=|url\(|@import", page)
    assert page.count("<svg") == 7
    for name in ("nearest", "cheapest", "clairvoyant bound", "N4"):
        assert name in page


def test_who_is_worse_in_one_and_better_in_none_is_beaten() -> None:
    one = compare(*random_world(4, 20), policies=("cheapest",), rounds=0).policies["cheapest"]
    worse, faster = replace(one, days=one.days + 1), replace(one, days=one.days - 1, parcels_per_order=9.0)
    assert unbeaten({"one": one, "worse": worse, "faster": faster}) == ("one", "faster")
    assert unbeaten({"one": one, "twin": one}) == ("one", "twin")
