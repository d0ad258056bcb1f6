"""Bodies of the documents that say how nodes work and what follows from a reason."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, model_validator

from api.wire.base import DispositionWord, Instant, Money, Text, Wire, Word
from api.wire.network import NodeKind
from oms.fulfilment.job import AT_THE_NODE
from oms.memory.network_load import BODY, USUAL, Kind
from oms.refusals import Code, Fault, refuse

STATES = frozenset(state.value for state in AT_THE_NODE)
_WORK: dict[str, Any] = BODY[Kind.WORK].dump_python(USUAL[Kind.WORK], mode="json")

Minutes = Annotated[int, Field(ge=0, le=60 * 24 * 30)]
Effort = Annotated[float, Field(ge=0, le=10_000, allow_inf_nan=False)]
Cap = Annotated[int, Field(ge=1, le=10_000)]
Days = Annotated[int, Field(ge=0, le=3650)]
Proof = Literal["required", "optional", "off"]


class ReasonBody(Wire):
    """``stock``: what a reject or a short says of the shelf: nothing is there but what pickers have in hand
    (`zero`), these units are not (`minus`), they cannot be sold (`damaged`), or it is right (`none`).
    ``next``: what a failed delivery leads to. ``note``: whether words have to go with it.
    """

    code: Word
    words: Text = ""
    occasions: Annotated[
        list[Literal["reject", "short", "failure", "refusal", "return", "cancel"]],
        Field(min_length=1, max_length=6),
    ]
    stock: Literal["zero", "minus", "damaged", "none"] = "none"
    next: Literal["retry", "return", "call"] | None = None
    note: bool = False


class ReasonsBody(Wire):
    """All reasons, in the order in which people are shown them; each code once."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "reasons": [
                        {"code": "not_in_stock", "occasions": ["reject", "short"], "stock": "zero"},
                        {"code": "absent", "occasions": ["failure"], "next": "retry"},
                    ]
                }
            ]
        }
    )

    reasons: Annotated[list[ReasonBody], Field(max_length=500)]

    def document(self) -> dict[str, Any]:
        """The body as `Reasons` reads it. Raises Refused duplicate_id."""
        codes = [reason.code for reason in self.reasons]
        twice = [place for place, code in enumerate(codes) if code in codes[:place]]
        if twice:
            faults = [Fault(f"/reasons/{place}/code", Code.DUPLICATE_ID, "Named before") for place in twice]
            raise refuse(Code.DUPLICATE_ID, "Every reason has a code of its own", *faults)
        return self.model_dump(mode="json")


class WorkBody(Wire):
    """How nodes work. What is left out is as usual."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"offer_minutes": 20, "auto_accept": ["WH"], "wave_orders": 8}]}
    )

    offer_minutes: Annotated[int, Field(ge=1, le=10_080)] = _WORK["offer_minutes"]
    lead_minutes: Minutes = _WORK["lead_minutes"]
    order_minutes: Effort = _WORK["order_minutes"]
    line_minutes: Effort = _WORK["line_minutes"]
    at_once: Annotated[int, Field(ge=1, le=1_000)] = _WORK["at_once"]
    auto_accept: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=100)]], Field(max_length=10_000)
    ] = []
    wave_orders: Cap = _WORK["wave_orders"]
    wave_units: Cap = _WORK["wave_units"]
    wave_totes: Cap = _WORK["wave_totes"]
    collection_days: Annotated[int, Field(ge=1, le=365)] = _WORK["collection_days"]
    stuck_minutes: Annotated[dict[str, Minutes], Field(max_length=20)] = _WORK["stuck_minutes"]
    proof: dict[Literal["signature", "photo", "pin", "barcode", "age"], Proof] = _WORK["proof"]
    attempts: Annotated[int, Field(ge=1, le=20)] = _WORK["attempts"]

    @model_validator(mode="after")
    def _states_exist(self) -> WorkBody:
        if not self.stuck_minutes.keys() <= STATES:
            raise ValueError(f"states are {', '.join(sorted(STATES))}")
        return self

    def document(self) -> dict[str, Any]:
        """The body as `WorkRules` reads it."""
        return self.model_dump(mode="json")


class ReturnPolicyBody(Wire):
    """What is taken back. Days count from delivery: by flag of the SKU (the shortest), else by channel of the
    order, else `window_days`. A unit in a condition that `restock` does not name is damaged.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "window_days": 30,
                    "window_days_by_flag": {"electronics": 14},
                    "conditions": ["new", "opened"],
                    "restock": {"new": "restock", "opened": "refurbish"},
                    "refund_shipping": "whole_order",
                }
            ]
        }
    )

    window_days: Days = 30
    window_days_by_channel: dict[Word, Days] = {}
    window_days_by_flag: dict[Word, Days] = {}
    final_sale_flag: Word = "final_sale"
    conditions: Annotated[list[Word], Field(max_length=50)] = ["new", "opened"]
    faulty_reasons: Annotated[list[Word], Field(max_length=50)] = ["damaged", "faulty"]
    on_breach: Literal["refuse", "ask"] = "refuse"
    auto_approve: bool = True
    kit_parts: bool = False
    refund_at: Literal["inspection", "receipt"] = "inspection"
    refund_shipping: Literal["never", "whole_order"] = "never"
    fee_minor: Money = 0
    free_reasons: Annotated[list[Word], Field(max_length=50)] = [
        "damaged",
        "faulty",
        "wrong_item",
        "not_as_described",
    ]
    restock: dict[Word, DispositionWord] = {
        "new": "restock",
        "opened": "restock",
    }
    transfer_days: Annotated[int, Field(ge=0, le=60)] = 2
    unannounced: Literal["credit", "ask"] = "credit"
    without_order: Literal["take", "refuse"] = "take"
    node_kinds: Annotated[list[NodeKind], Field(max_length=6)] = ["store", "warehouse", "dark_store"]

    def document(self) -> dict[str, Any]:
        return self.model_dump(mode="json")


class SafetyRuleBody(Wire):
    """For which nodes safety stocks are reckoned every night, and from what: `cancel_minor`, by channel, what
    a unit costs that was promised and cannot be sent (empty: nothing is reckoned); `margin`, the share of the
    price that is lost with a sale; `lag_days`, how late the books learn of till sales. `apply`: they are set.
    """

    node: Text | None = None
    market: Annotated[str, Field(max_length=50, pattern=r"^[^\x00]*$")] | None = None
    cancel_minor: Annotated[
        dict[Word, Annotated[float, Field(ge=0, le=1e12, allow_inf_nan=False)]], Field(max_length=50)
    ]
    margin: Annotated[float, Field(ge=0.01, le=1)] = 0.3
    lag_days: Annotated[float, Field(ge=0.05, le=182)] = 1.0
    apply: bool = False


class SafetyRulesBody(Wire):
    """The first rule that fits a node holds for it; a node that none fits is left alone."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"rules": [{"market": "", "cancel_minor": {"web": 500, "marketplace": 4000}}]}]
        }
    )

    rules: Annotated[list[SafetyRuleBody], Field(max_length=1_000)]

    def document(self) -> dict[str, Any]:
        return self.model_dump(mode="json")


class SafetyStockReckoned(Wire):
    """`unseen`: expected units that leave before the books know; `now` what stood, `keep` by channel."""

    sku: str
    on_hand: int
    unseen: float
    not_found: float
    now: int
    keep: dict[str, int]
    safety_stock: int


class SafetyRunShown(Wire):
    """The last night's safety stocks of a node. `differing`: SKUs reckoned other than they stood, `furthest`
    the most so; `changed`: positions set, where they are. `detail`: why there is nothing.
    """

    node: str
    at: Instant
    applied: bool
    skus: int
    without_price: int
    differing: int
    changed: int
    furthest: list[SafetyStockReckoned]
    detail: str


class RetentionBody(Wire):
    """How long things are kept; what is left out or null, for ever. Days count from the contact, from the end
    of an order (addresses), from a courier's report; months are whole ones before the present.
    """

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"contact_days": 730, "address_days": 365, "event_months": 24}]}
    )

    contact_days: Annotated[int, Field(ge=1, le=36_500)] | None = None
    address_days: Annotated[int, Field(ge=1, le=36_500)] | None = None
    courier_days: Annotated[int, Field(ge=1, le=36_500)] | None = None
    answer_hours: Annotated[int, Field(ge=1, le=24)] = 24
    ledger_months: Annotated[int, Field(ge=1, le=1_200)] | None = None
    event_months: Annotated[int, Field(ge=1, le=1_200)] | None = None
    decision_months: Annotated[int, Field(ge=1, le=1_200)] | None = None
    archive: bool = True

    def document(self) -> dict[str, Any]:
        return self.model_dump(mode="json")
