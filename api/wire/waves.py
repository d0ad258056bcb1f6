"""Waves as they are asked for and shown."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from api.wire.base import Instant, Wire


class WaveWanted(Wire):
    """Which open orders to route anew together: those whose nodes are all of one market, the nameless one
    if left out.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [{"market": "", "deadline_s": 20}]})

    market: Annotated[str, Field(max_length=50, pattern=r"^[^\x00]*$")] = ""
    deadline_s: Annotated[float, Field(ge=0.5, le=600)] = 20.0


class WaveMoveShown(Wire):
    """What came of one order the wave wanted to move. `changed`: somebody changed it meanwhile; `taken`: its
    new units or places were another's; both stay as they were.
    """

    order_id: str
    outcome: Literal["moved", "changed", "taken"]
    saved_minor: int
    nodes_before: list[str]
    nodes_after: list[str]


class WaveShown(Wire):
    """A wave. Costs are of the orders in it, lateness and other weights of the policy included: as they
    stood, as they stand after what was moved, and what no plan of them can undercut.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "wav_1",
                    "at": "2026-01-13T15:00:00Z",
                    "market": "",
                    "deadline_s": 20.0,
                    "state": "done",
                    "begun_at": "2026-01-13T15:00:01Z",
                    "ended_at": "2026-01-13T15:00:04Z",
                    "currency": "USD",
                    "orders": 240,
                    "before_minor": 312400,
                    "after_minor": 298120,
                    "bound_minor": 298050,
                    "gap": 0.00023,
                    "detail": "",
                    "moves": [
                        {
                            "order_id": "o-17",
                            "outcome": "moved",
                            "saved_minor": 410,
                            "nodes_before": ["ST-1", "WH"],
                            "nodes_after": ["WH"],
                        }
                    ],
                }
            ]
        }
    )

    id: str
    at: Instant
    market: str
    deadline_s: float
    state: Literal["queued", "running", "done", "failed"]
    begun_at: Instant | None
    ended_at: Instant | None
    currency: str
    orders: int
    before_minor: int
    after_minor: int
    bound_minor: int
    gap: float
    detail: str
    moves: list[WaveMoveShown]


class SolveShown(Wire):
    """What looking ahead came to last in a market. Costs an order, in minor units, of `rehearsed` orders that
    came, played without prices and with them; `scale` 0: prices would not have paid and are not felt.
    `since_…`: orders of the last weeks that felt such prices, what they came to each and what was foretold.
    Prices are felt at `scale` times `trust`.
    """

    market: str
    at: Instant
    until: Instant
    orders: Annotated[int, Field(description="Learned from.")]
    coming: Annotated[float, Field(description="Orders expected until the horizon.")]
    rehearsed: int
    scale: float
    without_minor: float
    with_minor: float
    foretold_minor: float
    priced: Annotated[int, Field(description="Shelves with a price.")]
    soon_orders: Annotated[int, Field(description="Of those rehearsed, the first; all they asked for went.")]
    times_alone: Annotated[
        float, Field(description="What these cost with prices, in what they would cost on full shelves.")
    ]
    trust: Annotated[
        float, Field(description="1, unless orders surely cost more than was foretold: 0 if all is lost.")
    ]
    since_days: int
    since_orders: int
    since_minor: float
    since_foretold_minor: float
    since_surely_minor: Annotated[
        float, Field(description="By how much at least they cost more; 0 where chance may explain it.")
    ]


class BidPricesShown(Wire):
    """Prices of units for orders to come, by market. They are solved where `lookahead_weight` of the policy
    is above 0, and felt until `until`.
    """

    lookahead_weight: float
    items: list[SolveShown]
