"""What of a shelf may be promised: safety stock, fences per channel, blocks. Settings move no units."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Connection, text

from inventory.book import Book
from inventory.movements import FenceLine, SafetyStock
from inventory.outcomes import Moved
from inventory.positions import Position
from inventory.stock import FactOutcome, open_shelves
from inventory.store.names import resolve
from inventory.store.writes import write

_FENCE = text(
    """
    INSERT INTO fence (node_no, sku_no, name, channels, quantity)
    VALUES (:node_no, :sku_no, :name, :channels, :quantity)
    ON CONFLICT (sku_no, node_no, name) DO UPDATE
        SET channels = excluded.channels, quantity = excluded.quantity, stamp = excluded.stamp
    """
)
_FORGET_FENCE = text(
    """
    UPDATE reservation SET fence = NULL, fenced = 0
    WHERE node_no = :node_no AND sku_no = :sku_no AND fence = :name AND state = 'held'
    """
)


def set_safety_stock(conn: Connection, at: datetime, lines: Sequence[SafetyStock]) -> list[FactOutcome]:
    """Units no channel may promise. What is held already stays held."""

    def change(book: Book, i: int, position: Position) -> None:
        book.put(position, "safety_stock", lines[i].quantity)

    return _set(conn, at, [(line.node, line.sku) for line in lines], change)


def set_fences(conn: Connection, at: datetime, lines: Sequence[FenceLine]) -> list[FactOutcome]:
    """Units kept for channels from now on. Units that were promised out of the fence before come back
    behind it
    when they are set free, unless the fence was lifted (quantity 0) meanwhile.
    """
    settings: list[dict[str, object]] = []

    def change(book: Book, i: int, position: Position) -> None:
        line = lines[i]
        row = {"node_no": position.node_no, "sku_no": position.sku_no, "name": line.name}
        settings.append({**row, "channels": sorted(line.channels), "quantity": line.quantity})

    outcomes = _set(conn, at, [(line.node, line.sku) for line in lines], change)
    if settings:
        conn.execute(_FENCE, settings)
    if lifted := [setting for setting in settings if setting["quantity"] == 0]:
        conn.execute(_FORGET_FENCE, lifted)
    return outcomes


def block(conn: Connection, at: datetime, pairs: Sequence[tuple[str, str]]) -> list[FactOutcome]:
    """Promise nothing of these (node, SKU) until counted: a pick failed there. What is held stays held."""
    return _set(conn, at, pairs, lambda book, _, position: book.put(position, "blocked", True))


def unblock(conn: Connection, at: datetime, pairs: Sequence[tuple[str, str]]) -> list[FactOutcome]:
    """End blocks without a count."""
    return _set(conn, at, pairs, lambda book, _, position: book.put(position, "blocked", False))


def _set(
    conn: Connection,
    at: datetime,
    pairs: Sequence[tuple[str, str]],
    change: Callable[[Book, int, Position], None],
) -> list[FactOutcome]:
    """Change the position of each (node, SKU), made where missing; `change` gets the pair's index."""
    names = resolve(conn, (node for node, _ in pairs), (sku for _, sku in pairs))
    book = open_shelves(conn, names, set(pairs))
    outcomes: list[FactOutcome] = []
    for i, (node, sku) in enumerate(pairs):
        unknown = names.unknown([node], [sku])
        if unknown is not None:
            outcomes.append(unknown)
            continue
        position = book.positions[names.nodes[node], names.skus[sku]]
        change(book, i, position)
        outcomes.append(Moved(position.on_hand))
    write(conn, at, book)
    return outcomes
