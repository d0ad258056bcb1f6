"""Everything a document points to is there: links, their headings, pictures, and paths of the code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.readme_table import bench, between, demo_table
from tests.docs.blocks import ROOT

DOCUMENTS = sorted(
    str(path.relative_to(ROOT))
    for path in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "samples").rglob("*.md"))
)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)|<img src=\"([^\"]+)\"")
ROOMS = "api|benchmarks|docs|inventory|oms|routing|samples|scripts|tests"
CODE = re.compile(rf"`((?:{ROOMS})/[^`\s]*)`")
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def prose(document: str) -> str:
    """The text of a document without its fenced blocks."""
    return FENCED.sub("", (ROOT / document).read_text(encoding="utf-8"))


def anchors(path: Path) -> set[str]:
    """The fragments that lead to headings, as forges make them."""
    headings = HEADING.findall(FENCED.sub("", path.read_text(encoding="utf-8")))
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.replace(" ", "-") for heading in plain}


def broken_links(document: str) -> Iterator[str]:
    for found in LINK.finditer(prose(document)):
        target = found[1] or found[2]
        if "://" in target:
            continue
        name, _, fragment = target.partition("#")
        path = ((ROOT / document).parent / name).resolve() if name else ROOT / document
        if not path.exists() or (fragment and fragment not in anchors(path)):
            yield target


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_leads_somewhere(document: str) -> None:
    assert list(broken_links(document)) == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_path_named_is_there(document: str) -> None:
    named = CODE.findall(prose(document))
    lost = [path for path in named if not path.isupper() and not list(ROOT.glob(path.replace("DATE", "*")))]
    assert lost == []


def test_there_is_something_to_check() -> None:
    assert len(DOCUMENTS) > 20
    assert sum(len(CODE.findall(prose(document))) for document in DOCUMENTS) > 50


def test_the_readme_shows_the_newest_results() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert text == between(text, "bench", bench()), "run: python -m benchmarks.readme_table"


def test_results_of_a_demo_become_a_table() -> None:
    paid = {"cost_per_order_minor": 1512.4, "paid_per_order_minor": 1400}
    figures = {**paid, "parcels_per_order": 1.5, "line_fill": 1.0}
    sample = {"currency": "GBP", "orders_played": 3118, "unfilled_penalty_minor": 5000}
    policies = {"nearest": figures | {"line_fill": 0.787}, "anyshelf": figures}
    told = demo_table({"samples": {"uk_retailer": sample | {"policies": policies}}}, "2026-01-31")
    assert "3,118 of the UK retailer" in told and "(50 GBP)" in told and "2026-01-31" in told
    assert "| UK retailer | `nearest` | 15.12 GBP | 14.00 GBP | 1.50 | 78.7% |" in told
    assert "| UK retailer | **Anyshelf** | 15.12 GBP | 14.00 GBP | 1.50 | 100.0% |" in told


def test_decisions_are_numbered_without_gaps_and_have_the_same_headings() -> None:
    records = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [int(path.name[:4]) for path in records] == list(range(1, len(records) + 1))
    headings = ["Why the question came up", "Decision", "What was measured", "What follows"]
    for path in records:
        title, *rest = HEADING.findall(path.read_text(encoding="utf-8"))
        assert title.startswith(f"{int(path.name[:4])}. "), path.name
        assert rest == headings, path.name
