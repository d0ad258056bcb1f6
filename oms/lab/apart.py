"""Tasks done in one process beside the server's, so that a long replay takes nobody's turn there."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection

from oms.adapters.folder_values import Folder
from oms.lab.playing import Done, Task, passes, perform

POLL_S = 0.5
NICE = 10
END_S = 5.0


class Stopped(Exception):
    """It was told to stop before the end."""


class Broken(Exception):
    """Something went wrong in it."""


class Died(Exception):
    """The process ended before its time; another may live longer."""


def play_apart(
    folder: Folder, tasks: Sequence[Task], told: Callable[[int], None], stop: Callable[[], bool]
) -> list[Done]:
    """What each task comes to, in turn. ``told`` hears at least every half a second how many passes over the
    orders are done (``passes``); ``stop`` is asked as often. Raises Stopped, Broken, Died.
    """
    context = multiprocessing.get_context("spawn")  # a fork would hold the server's locks and sockets
    here, there = context.Pipe(duplex=False)
    child = context.Process(target=_play_all, args=(there, folder, tasks), daemon=True)
    child.start()
    there.close()
    done: list[Done] = []
    under_way = 0
    try:
        while len(done) < len(tasks):
            if stop():
                raise Stopped
            if here.poll(POLL_S):
                one = here.recv()
                if isinstance(one, str):
                    raise Broken(one)
                if isinstance(one, int):
                    under_way = one
                else:
                    done.append(one)
                    under_way = 0
            told(sum(map(passes, tasks[: len(done)])) + under_way)
    except EOFError:
        raise Died(_words(_ended(child))) from None
    finally:
        here.close()
        if child.is_alive():
            child.terminate()
        child.join(END_S)
    return done


def _words(code: int | None) -> str:
    if code == -signal.SIGKILL:  # which the system sends when there is no memory
        return "its process was killed, as happens where memory runs out"
    return f"its process ended (exit code {code})"


def _ended(child: multiprocessing.process.BaseProcess) -> int | None:
    child.join(END_S)
    return child.exitcode


def leave_with_parent() -> None:
    """End this process soon after the one that began it: a server that was killed hears no figures any more,
    and another plays the run anew.
    """
    parent = multiprocessing.parent_process()
    assert parent is not None

    def leave() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=leave, daemon=True).start()


def _play_all(answers: Connection, folder: Folder, tasks: Sequence[Task]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the server hears ctrl-c and says what follows
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.nice(NICE)
    leave_with_parent()
    try:
        for task in tasks:
            answers.send(perform(folder, task, answers.send))
    except BrokenPipeError:
        return  # nobody waits any more
    except Exception as error:
        answers.send(f"{type(error).__name__}: {error}")
