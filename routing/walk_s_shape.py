"""The walk as most warehouses do it: through every aisle that has something, up one and down the next."""

from __future__ import annotations

from collections.abc import Sequence

from routing.walk_spots import Floor, Spot


def s_shape(floor: Floor, start: Spot, spots: Sequence[Spot]) -> list[Spot]:
    """The whole walk from ``start`` and back, turn by turn.

    As Roodbergen and De Koster describe it for several blocks ("Routing methods for warehouses with multiple
    cross aisles", International Journal of Production Research 39(9), 2001): up an aisle to the farthest
    block that has a spot; there, and in every block on the way back, through each aisle with a spot from one
    end to the other, beginning at the nearer side, but in and out of the last aisle where a full pass would
    end at the wrong end.
    """
    ahead = set(spots) - {start}
    if not ahead:
        return [start]
    blocks = [_in_block(floor, block, ahead) for block in range(floor.blocks)]
    farthest = max(block for block, here in enumerate(blocks) if here)
    nearest = min(block for block, here in enumerate(blocks) if here)
    way = [start, Spot(start.aisle, 0.0)]
    first = _nearer_side(floor, start.aisle, [spot.aisle for spot in ahead])[0]
    way += [Spot(first, 0.0), Spot(first, floor.crossings[farthest])]
    for block in range(farthest, nearest - 1, -1):
        way += _through_block(floor, block, blocks[block], way[-1])
    way += [Spot(way[-1].aisle, 0.0), Spot(start.aisle, 0.0), start]
    return [spot for n, spot in enumerate(way) if n == 0 or spot != way[n - 1]]


def _in_block(floor: Floor, block: int, spots: set[Spot]) -> list[Spot]:
    """Spots between two cross-aisles; one on a cross-aisle belongs to the nearer block."""
    low, high = floor.crossings[block], floor.crossings[block + 1]
    return [spot for spot in spots if low < spot.metre <= high or (block == 0 and spot.metre == 0)]


def _nearer_side(floor: Floor, aisle: int, aisles: Sequence[int]) -> list[int]:
    """The aisles, once each, beginning at the end of the row that is nearer."""
    row = sorted(set(aisles))
    here = floor.aisles[aisle]
    far_right = abs(floor.aisles[row[-1]] - here) < abs(floor.aisles[row[0]] - here)
    return row[::-1] if far_right else row


def _through_block(floor: Floor, block: int, here: list[Spot], at: Spot) -> list[Spot]:
    """From an end of an aisle of the block to the front of its last aisle."""
    low, high = floor.crossings[block], floor.crossings[block + 1]
    if not here:
        return [Spot(at.aisle, low)]
    way, metre = [], at.metre
    row = _nearer_side(floor, at.aisle, [spot.aisle for spot in here])
    for aisle in row[:-1]:
        other = high if metre == low else low
        way += [Spot(aisle, metre), Spot(aisle, other)]
        metre = other
    last = row[-1]
    way.append(Spot(last, metre))
    if metre == low:
        way.append(Spot(last, max(spot.metre for spot in here if spot.aisle == last)))
    return [*way, Spot(last, low)]
