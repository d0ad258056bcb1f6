"""What is known once the played orders have come to their ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import orjson

from api.demo.day.desk import Tally
from api.demo.day.figures import Life

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Lived:
    """``life``: what it came to. ``tally``: what was asked now. ``wrong``: orders whose events tell another
    status. ``left``: units by the place where they should not be. ``gainsaid``: units customers have by the
    ledger and not by orders, or the other way round.
    """

    life: Life
    tally: Tally
    wrong: list[str]
    left: Mapping[str, int]
    gainsaid: int

    def keep(self, path: Path) -> None:
        """Write it where later runs find it: what waited then may have moved on since."""
        path.write_bytes(orjson.dumps(self))

    @classmethod
    def kept(cls, path: Path) -> Lived:
        """What `keep` wrote."""
        read = orjson.loads(path.read_bytes())
        life, tally = _counters(Life(), read.pop("life")), _counters(Tally(), read.pop("tally"))
        return cls(life=life, tally=tally, **read)

    def document(self) -> dict[str, Any]:
        """As JSON can say it."""
        more = {"asked": self.tally.sent, "refused": dict(self.tally.refused)}
        return {**self.life.document(), **more}


def _counters(empty: T, read: Mapping[str, Any]) -> T:
    """`empty` with what was read; JSON knows no counters."""
    for name, value in read.items():
        setattr(empty, name, Counter(value) if isinstance(value, dict) else value)
    return empty
