"""Sentences of explanations for people: articles by their name instead of their SKU."""

from __future__ import annotations

import re
from collections.abc import Mapping


def in_names(sentence: str, names: Mapping[str, str]) -> str:
    """The sentence with "2 × SKU" said as "2 × name", for the SKUs that have one."""
    known = "|".join(re.escape(sku) for sku in sorted(names, key=len, reverse=True))
    if not known:
        return sentence
    return re.sub(rf"(?<=× )({known})(?=[,:.]|$)", lambda found: names[found[0]], sentence)
