"""Pick tasks follow their fulfilment orders: what nobody wants picked any more ends by itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from oms.fulfilment.job import Fulfilment
from oms.picking.lifecycle import ListEvent, ListState, TaskState
from oms.picking.task import PickList, ended_by
from oms.store.pick_lists import load_list, open_tasks, save_list, save_tasks
from oms.work import Work

LIST = "pick_list"


def end_tasks(work: Work, jobs: Iterable[Fulfilment]) -> None:
    """End the open tasks that these fulfilment orders, just written, leave nothing to do; their orders are
    locked. To be called after whatever takes units back from a node.
    """
    by_id = {job.id: job for job in jobs}
    for list_id, tasks in open_tasks(work.conn, by_id.values()).items():
        ended = [done for task in tasks for done in ended_by([task], by_id[task.fulfilment_order_id])]
        if ended:
            save_tasks(work.conn, list_id, ended)
            close_list(work, list_id)


def close_list(work: Work, list_id: str) -> PickList:
    """The list, done if its last task has ended. Its row is locked last of all, so nobody waits long."""
    found = load_list(work.conn, list_id, lock=True)
    assert found is not None, "tasks are of a list"
    going_on = found.state in (ListState.OPEN, ListState.CLAIMED)
    if going_on and not any(task.state is TaskState.OPEN for task in found.tasks):
        found = replace(found.after(ListEvent.FINISH), ended_at=work.at)
        save_list(work.conn, found)
        work.emit("pick_list.done", LIST, found.id, {"node": found.node})
    return found
