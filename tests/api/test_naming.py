"""Explanations name articles as people do."""

from __future__ import annotations

from api.naming import in_names


def test_skus_of_a_sentence_get_their_names_and_numbers_stay() -> None:
    said = "WH sends 1 × 12, 2 × 1: transport 12.00 (usps-zone1, 1 g) + units 1 × 123."
    assert in_names(said, {"1": "Bun", "12": "Noodles \\1"}) == (
        "WH sends 1 × Noodles \\1, 2 × Bun: transport 12.00 (usps-zone1, 1 g) + units 1 × 123."
    )
    assert in_names(said, {}) == said
