"""What becomes of units that came back: of a stop at a door, or of a parcel."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field

from api.wire.base import DispositionWord, Quantity, Wire, Word
from api.wire.courier import LINES_MAX, LineId
from oms.returns.disposing import Inspected
from oms.returns.lifecycle import Disposition


class DispositionLine(Wire):
    id: LineId
    quantity: Quantity
    disposition: DispositionWord


class InspectBody(Wire):
    """What becomes of units that came back; a line stands there once for each disposition."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"lines": [{"id": "1", "quantity": 1, "disposition": "restock"}]}]}
    )

    lines: Annotated[list[DispositionLine], Field(min_length=1, max_length=LINES_MAX)]
    reason: Word | None = None

    def found(self) -> list[Inspected]:
        """The lines as the use cases take them."""
        return [Inspected(line.id, line.quantity, Disposition(line.disposition)) for line in self.lines]
