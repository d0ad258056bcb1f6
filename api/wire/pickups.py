"""Bodies about the counter."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, model_validator

from api.wire.base import Instant, Quantity, Wire

PickupCode = Annotated[str, Field(pattern=r"^[0-9]{6}$", examples=["402817"])]
Token = Annotated[str, Field(min_length=1, max_length=500)]
LineId = Annotated[str, Field(min_length=1, max_length=300)]


def _example(**members: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [members]})


class ArrivedBody(Wire):
    """``token``: the order's, when the customer says so."""

    model_config = _example(token=None)

    token: Token | None = None


class VerifyBody(Wire):
    """The six digits the customer said, or the token out of the QR code."""

    model_config = _example(code="402817")

    code: PickupCode | None = None
    token: Token | None = None

    @model_validator(mode="after")
    def one_of_them(self) -> VerifyBody:
        """Exactly one proves who it is."""
        if (self.code is None) == (self.token is None):
            raise ValueError("name either code or token")
        return self


class CollectedLine(Wire):
    """Units of a line that the customer takes."""

    id: LineId
    quantity: Quantity


class CollectBody(Wire):
    """What the customer takes; without lines, all. What is left is kept ready, or refused and for sale
    again.
    """

    model_config = _example(lines=[{"id": "1", "quantity": 1}], rest="refuse")

    lines: Annotated[list[CollectedLine], Field(max_length=200)] | None = None
    rest: Literal["keep", "refuse"] = "keep"


class PickupLine(Wire):
    id: str
    sku: str
    quantity: int


class PickupShown(Wire):
    """What lies ready for a customer; ``code`` and ``token`` only for who may show them at the counter."""

    id: str
    order_id: str
    node: str
    state: str
    deadline: Instant | None
    name: str | None
    lines: list[PickupLine]
    parcels: int
    fulfilment_orders: list[str]
    locked: bool
    instants: dict[str, Instant]
    code: str | None
    token: str | None


class PickupPage(Wire):
    items: list[PickupShown]
    next: str | None
