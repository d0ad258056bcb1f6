"""Orders beyond the exact kernel, compiled: a few parcels at a time taken apart and put together again.

The lines of up to four parcels become at most BLOCKS blocks; the kernel finds the cheapest parcels for
these over all nodes. As the parcels that stood are among its choices, no round makes a plan worse.
"""

from __future__ import annotations

import numpy as np

from routing.compiled import compiled
from routing.problem import Ints

BLOCKS = 10
APART = 4  # parcels at a time


@compiled
def shuffled(state: Ints, below: int) -> int:
    """A number in [0, below): a linear congruential sequence in ``state[0]``."""
    state[0] = (state[0] * 1103515245 + 12345) % (1 << 31)
    return int((state[0] >> 8) % below)


@compiled
def take_apart(count: int, box_node: Ints, box_units: Ints, chance: Ints) -> tuple[int, Ints]:
    """Move up to APART parcels to the end and return (how many stay, members of their blocks [K, L])."""
    apart = min(count, APART)
    for i in range(apart):
        place, last = shuffled(chance, count - i), count - 1 - i
        node = box_node[place]
        box_node[place], box_node[last] = box_node[last], node
        row = box_units[place].copy()
        box_units[place] = box_units[last]
        box_units[last] = row
    stay, lines = count - apart, 0
    for b in range(stay, count):
        lines += (box_units[b] > 0).sum()
    members = np.zeros((min(lines, BLOCKS), box_units.shape[1]), np.int64)
    at, left = 0, lines
    for b in range(stay, count):
        own = (box_units[b] > 0).sum()
        room = members.shape[0] - at - (count - 1 - b)  # each parcel after this one needs a block
        blocks = max(1, min(own, room, (own * (members.shape[0] - at) + left - 1) // left))
        left -= own
        turn = shuffled(chance, blocks)
        for line in range(box_units.shape[1]):
            if box_units[b, line] > 0:
                members[at + turn, line] += box_units[b, line]
                turn = (turn + 1 + (shuffled(chance, 2) if own > 2 * blocks else 0)) % blocks
        at += blocks
    kept = np.zeros(members.shape[0], np.bool_)
    for k in range(members.shape[0]):
        kept[k] = members[k].sum() > 0
    return stay, members[kept]


@compiled
def left_over(available: Ints, stay: int, box_node: Ints, box_units: Ints) -> Ints:
    """[L, n] units that the parcels which stay leave."""
    left = available.copy()
    for b in range(stay):
        for line in range(left.shape[0]):
            left[line, box_node[b]] -= box_units[b, line]
    return left


@compiled
def overdrawn(available: Ints, count: int, box_node: Ints, box_units: Ints) -> bool:
    """Whether the parcels take more than there is."""
    left = left_over(available, count, box_node, box_units)
    return bool((left < 0).any())


@compiled
def restore(kept_node: Ints, kept_units: Ints, box_node: Ints, box_units: Ints) -> None:
    """Parcels as they stood before a round."""
    for b in range(box_node.size):
        box_node[b] = kept_node[b]
        for line in range(box_units.shape[1]):
            box_units[b, line] = kept_units[b, line]
