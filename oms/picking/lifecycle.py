"""What may happen to a pick list and to each of its tasks, as tables; all else is refused by name."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from oms.machine import Machine


class ListState(StrEnum):
    """``open`` waits for a picker, ``done``: every task has ended."""

    OPEN = "open"
    CLAIMED = "claimed"
    DONE = "done"
    CANCELLED = "cancelled"


class ListEvent(StrEnum):
    CLAIM = "claim"
    RELEASE = "release"
    FINISH = "finish"
    CANCEL = "cancel"


class TaskState(StrEnum):
    """``withdrawn``: nobody wanted the units any more before one of them was picked."""

    OPEN = "open"
    PICKED = "picked"
    SHORT = "short"
    SUBSTITUTED = "substituted"
    WITHDRAWN = "withdrawn"


class TaskEvent(StrEnum):
    """``part``: some units are dealt with, others are left to pick."""

    PART = "part"
    PICK = "pick"
    SHORT = "short"
    SUBSTITUTE = "substitute"
    WITHDRAW = "withdraw"


_L, _LE = ListState, ListEvent
_T, _TE = TaskState, TaskEvent

LIST_TRANSITIONS: Mapping[tuple[ListState, ListEvent], ListState] = MappingProxyType(
    {
        (_L.OPEN, _LE.CLAIM): _L.CLAIMED,
        (_L.OPEN, _LE.FINISH): _L.DONE,
        (_L.OPEN, _LE.CANCEL): _L.CANCELLED,
        (_L.CLAIMED, _LE.RELEASE): _L.OPEN,
        (_L.CLAIMED, _LE.FINISH): _L.DONE,
    }
)
TASK_TRANSITIONS: Mapping[tuple[TaskState, TaskEvent], TaskState] = MappingProxyType(
    {
        (_T.OPEN, _TE.PART): _T.OPEN,
        (_T.OPEN, _TE.PICK): _T.PICKED,
        (_T.OPEN, _TE.SHORT): _T.SHORT,
        (_T.OPEN, _TE.SUBSTITUTE): _T.SUBSTITUTED,
        (_T.OPEN, _TE.WITHDRAW): _T.WITHDRAWN,
    }
)

PICK_LIST: Machine[ListState, ListEvent] = Machine("pick list", LIST_TRANSITIONS)
PICK_TASK: Machine[TaskState, TaskEvent] = Machine("pick task", TASK_TRANSITIONS)
