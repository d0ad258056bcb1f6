"""Text ids to numbers and back, for one batch."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, text

from inventory.outcomes import Unknown

_BY_ID = (
    text("SELECT id, no FROM node WHERE id = ANY(:ids)"),
    text("SELECT id, no FROM sku WHERE id = ANY(:ids)"),
)
_BY_NO = (
    text("SELECT no, id FROM node WHERE no = ANY(:nos)"),
    text("SELECT no, id FROM sku WHERE no = ANY(:nos)"),
)


@dataclass(frozen=True, slots=True)
class Names:
    """The numbers of the nodes and SKUs a batch names."""

    nodes: dict[str, int]
    skus: dict[str, int]

    def unknown(self, nodes: Iterable[str], skus: Iterable[str]) -> Unknown | None:
        """The names that do not exist, SKUs before nodes; None when all do."""
        if lacking := sorted(set(skus) - self.skus.keys()):
            return Unknown("sku", tuple(lacking))
        if lacking := sorted(set(nodes) - self.nodes.keys()):
            return Unknown("node", tuple(lacking))
        return None


def resolve(conn: Connection, nodes: Iterable[str], skus: Iterable[str]) -> Names:
    """Look the ids up; what does not exist is absent from the answer."""
    found: list[dict[str, int]] = []
    for statement, ids in zip(_BY_ID, (sorted(set(nodes)), sorted(set(skus))), strict=True):
        found.append({row.id: row.no for row in conn.execute(statement, {"ids": ids})} if ids else {})
    return Names(*found)


def ids_of(
    conn: Connection, nodes: Iterable[int], skus: Iterable[int]
) -> tuple[dict[int, str], dict[int, str]]:
    """Numbers back to ids: of nodes, of SKUs."""
    found: list[dict[int, str]] = []
    for statement, nos in zip(_BY_NO, (sorted(set(nodes)), sorted(set(skus))), strict=True):
        found.append({row.no: row.id for row in conn.execute(statement, {"nos": nos})} if nos else {})
    return found[0], found[1]
