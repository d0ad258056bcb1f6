"""Between plans in words of the wave (node, lines, units) and in words of the kernel (edge, bundle)."""

from __future__ import annotations

import numpy as np

from routing.problem import Ints
from routing.wave.columns import COL_PARCELS, ORDER_EDGES
from routing.wave.pool import Pool
from routing.wave.problem import Choice, Wave
from routing.wave.tables import Tables


def written(wave: Wave, tables: Tables, order: int, choice: Choice) -> list[int] | None:
    """The plan as the kernel writes it; None where a parcel comes from a node that the order may not be
    served from, or holds a part of a kit.
    """
    first, end = tables.order[order : order + 2, ORDER_EDGES].tolist()
    edges = {int(wave.reach_node[tables.edge_reach[e]]): e for e in range(first, end)}
    record = [order, len(choice)]
    for node, content in choice:
        bundle = _bundle(wave, tables, order, dict(content))
        if node not in edges or bundle is None:
            return None
        record += [edges[node], bundle]
    return record


def _bundle(wave: Wave, tables: Tables, order: int, units: dict[int, int]) -> int | None:
    pieces, stride, bundle, counted = tables.pieces, 1, 0, 0
    for k in range(int(pieces.start[order]), int(pieces.start[order + 1])):
        members = pieces.members[k]
        held = sum(units.get(line, 0) for line in members)
        counted += held
        if pieces.kit[k]:
            whole = sum(int(wave.quantity[line]) for line in members)
            if held not in (0, whole):
                return None
            held //= whole
        bundle += held * stride
        stride *= int(pieces.quantity[k]) + 1
    return bundle if counted == sum(units.values()) else None


def choice_of(wave: Wave, tables: Tables, pool: Pool, order: int, column: int) -> Choice:
    """The parcels of a column; lines of like units are filled in their order."""
    left = {line: int(wave.quantity[line]) for line in wave.lines_of(order)}
    first, end = pool.col[column : column + 2, COL_PARCELS].tolist()
    sent = []
    for edge, bundle in pool.parcels[first:end].tolist():
        node = int(wave.reach_node[tables.edge_reach[edge]])
        sent.append((node, tuple(sorted(_content(tables, order, bundle, left).items()))))
    return tuple(sorted(sent))


def _content(tables: Tables, order: int, bundle: int, left: dict[int, int]) -> dict[int, int]:
    pieces, content = tables.pieces, {}
    for k in range(int(pieces.start[order]), int(pieces.start[order + 1])):
        bundle, count = divmod(bundle, int(pieces.quantity[k]) + 1)
        for line in pieces.members[k]:
            taken = count * left[line] if pieces.kit[k] else min(count, left[line])
            if taken:
                content[line] = taken
                left[line] -= taken
                count -= 0 if pieces.kit[k] else taken
    return content


def records(wave: Wave, tables: Tables, choices: dict[int, Choice]) -> tuple[Ints, Ints]:
    """The plans of these orders one behind the other, and the orders whose plan cannot be written."""
    out: list[int] = []
    strange = []
    for order, choice in choices.items():
        record = written(wave, tables, order, choice)
        if record is None:
            strange.append(order)
        else:
            out += record
    return np.array(out, np.int64), np.array(strange, np.int64)
