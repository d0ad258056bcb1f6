"""Text ids to numbers and back, for one batch."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import Connection, text

from inventory.outcomes import Unknown

# In one row: by the thousand, rows cost more than what is in them.
_BY_ID = (
    text("SELECT array_agg(id), array_agg(no) FROM node WHERE id = ANY(:ids)"),
    text("SELECT array_agg(id), array_agg(no) FROM sku WHERE id = ANY(:ids)"),
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
        # Asked line by line: a difference of sets would go through all names of the batch for each.
        if lacking := [sku for sku in skus if sku not in self.skus]:
            return Unknown("sku", tuple(sorted(set(lacking))))
        if lacking := [node for node in nodes if node not in self.nodes]:
            return Unknown("node", tuple(sorted(set(lacking))))
        return None


def resolve(conn: Connection, nodes: Iterable[str], skus: Iterable[str]) -> Names:
    """Look the ids up; what does not exist is absent from the answer."""
    found: list[dict[str, int]] = []
    for statement, ids in zip(_BY_ID, (list(dict.fromkeys(nodes)), list(dict.fromkeys(skus))), strict=True):
        known, nos = conn.execute(statement, {"ids": ids}).one() if ids else ((), ())
        found.append(dict(zip(known or (), nos or (), strict=True)))
    return Names(*found)


@dataclass(slots=True)
class Register:
    """Numbers found so far, for many batches that name the same nodes and SKUs. A number never changes, but
    one that another transaction has not committed must not be learned here.
    """

    known: Names = field(default_factory=lambda: Names({}, {}))

    def learn(self, conn: Connection, nodes: Iterable[str], skus: Iterable[str]) -> Names:
        """What is known, these ids included where they exist."""
        of, these = self.known.nodes, self.known.skus
        new = [node for node in nodes if node not in of], [sku for sku in skus if sku not in these]
        found = resolve(conn, *new)
        self.known.nodes.update(found.nodes)
        self.known.skus.update(found.skus)
        return self.known


def ids_of(
    conn: Connection, nodes: Iterable[int], skus: Iterable[int]
) -> tuple[dict[int, str], dict[int, str]]:
    """Numbers back to ids: of nodes, of SKUs."""
    found: list[dict[int, str]] = []
    for statement, nos in zip(_BY_NO, (sorted(set(nodes)), sorted(set(skus))), strict=True):
        found.append({row.no: row.id for row in conn.execute(statement, {"nos": nos})} if nos else {})
    return found[0], found[1]
