"""What is known once the played orders have come to their ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from api.demo.day.desk import Tally
from api.demo.day.figures import Life


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
    seconds: float = 0.0

    def document(self) -> dict[str, Any]:
        """As JSON can say it."""
        more = {"asked": self.tally.sent, "refused": dict(self.tally.refused)}
        return {**self.life.document(), **more}
