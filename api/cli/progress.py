"""How far long work is, on standard error: a bar on a screen, a line for each tenth in a log."""

from __future__ import annotations

from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from api.cli.console import err

STEPS = 10


def progress_bar() -> Progress:
    """What, a bar, how much of how much, how long yet."""
    columns = (TextColumn("{task.description:>8}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=err) if err.is_terminal else _Lines(console=err, disable=True)


class _Lines(Progress):
    """Draws nothing, tells of every task as often as a reader of a log would like to know."""

    def update(self, task_id: TaskID, *given: Any, **changes: Any) -> None:
        """As ``Progress`` does it, then perhaps a line."""
        before = self._step(task_id)
        super().update(task_id, *given, **changes)
        after = self._step(task_id)
        if after > before:
            task = self._tasks[task_id]
            self.console.print(
                f"  {task.description}: {after * 100 // STEPS} %", highlight=False, soft_wrap=True
            )

    def _step(self, task_id: TaskID) -> int:
        task = self._tasks[task_id]
        return int(STEPS * task.completed / task.total) if task.total else 0
