"""The base of every body that comes in or goes out, and the kinds of value they are made of.

Incoming JSON is taken literally: no unknown members, no numbers in quotes. So use `list`, not `tuple`;
`Literal`, not an Enum; and the types below for instants and days, which JSON has to spell as text.
"""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    PlainSerializer,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError


class Wire(BaseModel):
    """A JSON object. Give one example with `model_config = ConfigDict(json_schema_extra={"examples":
    [...]})`."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Leave out what pydantic passes on from a parent: its example lacks the members added since."""
        schema = handler(core_schema)
        own = cls.model_config.get("json_schema_extra")
        if any(own is parent.model_config.get("json_schema_extra") for parent in _wires_above(cls)):
            handler.resolve_ref_schema(schema).pop("examples", None)
        return schema


def _wires_above(model: type[Wire]) -> list[type[Wire]]:
    return [parent for parent in model.__mro__[1:] if issubclass(parent, Wire)]


MOST_UNITS = 1_000_000
MOST_MINOR = 10**13

Id = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x20/:]+$", examples=["A1"])]
"""An id chosen by a client: no spaces, slashes or colons."""
DispositionWord = Literal["restock", "refurbish", "damaged", "scrap"]
"""What an inspection can make of a unit where it lies."""
Word = Annotated[str, Field(min_length=1, max_length=50, pattern=r"^[a-z0-9][a-z0-9_.-]*$")]
"""A name out of a small vocabulary, such as a channel."""
Text = Annotated[str, Field(max_length=500)]
"""Words for people."""


def whole_units(least: int, most: int) -> BeforeValidator:
    """Refuse as ``bad_quantity`` what is a number, but not one of units that can be meant."""

    def check(value: Any) -> Any:
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if number and not (isinstance(value, int) and least <= value <= most):
            detail = f"A quantity is a whole number from {least} to {most}"
            raise PydanticCustomError("bad_quantity", detail)
        return value

    return BeforeValidator(check)


Quantity = Annotated[int, Field(ge=1, le=MOST_UNITS, examples=[2]), whole_units(1, MOST_UNITS)]
"""Units, whole and at least one."""
Count = Annotated[int, Field(ge=0, le=MOST_UNITS), whole_units(0, MOST_UNITS)]
"""Units, maybe none."""
Money = Annotated[int, Field(ge=0, le=MOST_MINOR, examples=[1299])]
"""Minor units of a currency."""
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", examples=["USD"])]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$", examples=["US"])]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Instant = Annotated[
    AwareDatetime,
    Field(strict=False, examples=["2026-01-17T10:00:00+00:00"]),
    PlainSerializer(datetime.isoformat, return_type=str, when_used="json"),
]
"""RFC 3339 with an offset."""
Day = Annotated[date, Field(strict=False, examples=["2026-01-17"])]
"""A calendar day."""


class Price(Wire):
    """An amount of money."""

    amount_minor: Annotated[int, Field(ge=-MOST_MINOR, le=MOST_MINOR)]
    currency: Currency
