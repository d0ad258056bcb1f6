"""What the page on scaling quotes stands in committed results, and what it works out comes out."""

from __future__ import annotations

from tests.docs.scaling import PAGE, QUOTED, SUM, renewed, worth

TEXT = PAGE.read_text(encoding="utf-8")


def test_figures_and_sums_are_those_of_the_results() -> None:
    assert renewed(TEXT) == TEXT, "run: python -m tests.docs.scaling"
    assert len(QUOTED.findall(TEXT)) > 8 and len(SUM.findall(TEXT)) > 8


def test_a_figure_that_changed_changes_its_sums() -> None:
    (primary,) = [found for found in QUOTED.finditer(TEXT) if found[1] == "B"]
    wrong = TEXT.replace(primary[0], primary[0].replace(f"| {primary[3]} ", "| 9.99 "))
    assert wrong != TEXT and renewed(wrong) == TEXT
    assert worth("(300 × A / 1,000 + 1) / 0.5", {"A": 10.0}) == 8.0
