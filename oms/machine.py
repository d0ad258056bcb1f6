"""What may happen to a thing, as one table: (state, event) → state; what is not listed is refused by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from oms.refusals import Code, Fault, refuse

S = TypeVar("S", bound=StrEnum)
E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class IllegalTransition(Generic[S, E]):
    """A "no": this event has no place in this state."""

    state: S
    event: E


@dataclass(frozen=True)
class Machine(Generic[S, E]):
    """The lifecycle of one kind of thing; ``what`` names it in refusals ("pick list")."""

    what: str
    transitions: Mapping[tuple[S, E], S]

    def advance(self, state: S, event: E) -> S | IllegalTransition[S, E]:
        """The state after the event, or why it cannot be."""
        return self.transitions.get((state, event), IllegalTransition(state, event))

    def step(self, state: S, event: E, pointer: str = "") -> S:
        """The state after the event. Raises Refused illegal_transition, which says what is possible."""
        after = self.transitions.get((state, event))
        if after is None:
            possible = ", ".join(one.value for one in self.possible(state)) or "nothing any more"
            detail = f"This {self.what} is {state.value}; possible: {possible}"
            fault = Fault(pointer, Code.ILLEGAL_TRANSITION, detail)
            raise refuse(Code.ILLEGAL_TRANSITION, detail, *((fault,) if pointer else ()), state=state.value)
        return after

    def possible(self, state: S) -> tuple[E, ...]:
        """The events that have a place in the state."""
        return tuple(event for at, event in self.transitions if at is state)

    def final(self, state: S) -> bool:
        """Whether nothing can happen any more."""
        return not self.possible(state)
