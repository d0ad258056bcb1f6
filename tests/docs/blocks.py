"""What stands in a document: its fenced blocks, and whether an answer is the one shown."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
ANYTHING = "…"


@dataclass(frozen=True)
class Block:
    """A fenced block: the word after the fence, its text, and the line its text begins on."""

    language: str
    text: str
    line: int


def blocks(document: str) -> list[Block]:
    """All fenced blocks of a document under the project's folder, in order."""
    text = (ROOT / document).read_text(encoding="utf-8")
    fences = re.finditer(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [Block(m[1], m[2], text.count("\n", 0, m.start()) + 2) for m in fences]


def documents(text: str) -> list[Any]:
    """The JSON documents in a text, which may follow one another with white space or nothing between."""
    decoder, found, at = json.JSONDecoder(), [], 0
    while rest := text[at:].lstrip():
        at = len(text) - len(rest)
        document, length = decoder.raw_decode(rest)
        found.append(document)
        at += length
    return found


def differences(shown: Any, found: Any, at: str = "") -> Iterator[str]:
    """Where an answer is not what the document shows. Members not shown may be there; "…" is anything."""
    if shown == ANYTHING:
        return
    if isinstance(shown, dict) and isinstance(found, dict):
        for name, member in shown.items():
            if name in found:
                yield from differences(member, found[name], f"{at}/{name}")
            else:
                yield f"{at}/{name} is not in the answer"
    elif isinstance(shown, list) and isinstance(found, list):
        if len(shown) != len(found):
            yield f"{at}: {len(shown)} shown, {len(found)} answered"
        for place, (one, other) in enumerate(zip(shown, found, strict=False)):
            yield from differences(one, other, f"{at}/{place}")
    elif shown != found:
        yield f"{at}: {shown!r} shown, {found!r} answered"
