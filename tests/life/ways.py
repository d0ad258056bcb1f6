"""How each kind of thing is brought into each state, and what makes each event happen to it.

A table's row is taken by bringing a thing into the row's state and having its event happen; where that is not
two things but one (packing goes on to ready) or wants a certain thing, a way of its own is told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from oms.machine import Machine

Row = tuple[Any, Any]
"""(state, event)."""


@dataclass(frozen=True)
class Ways:
    """``reach``: a fresh thing in the state, by its id. ``verbs``: what an HTTP caller does to have the event
    happen to the thing, and in a word what is answered. ``facts``: what else makes an event happen: time, and
    what is done to other things. ``own``: a row taken in a way of its own, from nothing.

    ``otherwise``: pairs that are not listed and that the verb answers by design with another word than
    `illegal_transition`. ``rows``: tables that such an answer may write to, because it keeps what was said.
    """

    reach: Mapping[Any, Callable[[], str]]
    verbs: Mapping[Any, Callable[[str], str]]
    facts: Mapping[Any, Callable[[str], object]] = field(default_factory=dict)
    own: Mapping[Row, Callable[[], str]] = field(default_factory=dict)
    otherwise: Mapping[Row, str] = field(default_factory=dict)
    rows: frozenset[str] = frozenset()

    def happen(self, id: str, event: Any) -> None:
        """Have the event happen to a thing. Raises KeyError where no way is known."""
        if event in self.facts:
            self.facts[event](id)
        else:
            said = self.verbs[event](id)
            assert said in ("done", "applied"), said

    def unlisted(self, machine: Machine[Any, Any], state: Any) -> list[Any]:
        """The events that a caller can try in the state though the table has no row for them."""
        return [event for event in self.verbs if (state, event) not in machine.transitions]
