"""Packed, handed over, and followed to the customer or back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import text

from api.wire import shipments as wire
from oms.actors import Role
from tests.checkout.conftest import Shop
from tests.handover.work import balance, done, events, no, packed, pick, ready, stages, states


def said(shop: Shop, id: str, *kinds: str, start: int = 0) -> dict[str, Any]:
    """Events an hour apart, from now on."""
    shop.watch.forward(hours=len(kinds))
    return {
        "events": [
            {"id": f"e{start + no}", "kind": kind, "occurred_at": _at(shop, no - len(kinds))}
            for no, kind in enumerate(kinds)
        ]
    }


def _at(shop: Shop, hours: int) -> str:
    return (shop.watch.now() + timedelta(hours=hours)).isoformat()


def results(answer: Any) -> list[str]:
    return [one["result"] for one in answer["results"]]


def test_a_shipment_to_the_customer(shop: Shop) -> None:
    (job,) = ready(shop, "o-1", ("A1", 2), method="ship")
    packed = done(shop, f"/v1/fulfilment-orders/{job}/pack")
    wire.PackedShown.model_validate(packed, strict=False)
    (parcel,) = packed["shipments"]
    assert (packed["state"], parcel["state"], parcel["weight_g"]) == ("ready_for_carrier", "created", 600)
    assert stages(shop, "o-1") == {"packed": 2}
    labelled = done(shop, f"/v1/shipments/{parcel['id']}/label", {"tracking_reference": "T1", "carrier": "x"})
    assert (labelled["state"], labelled["tracking_reference"]) == ("labelled", "T1")
    before = balance(shop, "WH:shelf", "A1")
    left = done(shop, f"/v1/fulfilment-orders/{job}/hand-over")
    assert (left["state"], left["shipments"][0]["state"]) == ("handed_over", "handed_over")
    assert (stages(shop, "o-1"), balance(shop, "WH:shelf", "A1")) == ({"in_transit": 2}, before - 2)
    assert balance(shop, f"in_transit:fo:{job}", "A1") == 2
    assert no(shop, f"/v1/fulfilment-orders/{job}/hand-over") == (409, "illegal_transition")
    assert no(shop, f"/v1/shipments/{parcel['id']}/label", {"tracking_reference": "T2"})[0] == 409
    told = said(shop, parcel["id"], "in_transit", "out_for_delivery", "delivered")
    answer = done(shop, f"/v1/shipments/{parcel['id']}/events", told)
    wire.EventsAnswer.model_validate(answer, strict=False)
    assert results(answer) == ["applied"] * 3
    assert (stages(shop, "o-1"), states(shop, "o-1")) == ({"delivered": 2}, ["completed"])
    assert (balance(shop, f"in_transit:fo:{job}", "A1"), balance(shop, "customer", "A1")) == (0, 2)
    assert results(done(shop, f"/v1/shipments/{parcel['id']}/events", told)) == ["duplicate"] * 3
    shown = shop.admin.get(f"/v1/shipments/{parcel['id']}").json()
    assert [one["kind"] for one in shown["events"]] == ["in_transit", "out_for_delivery", "delivered"]
    assert shop.admin.get("/v1/orders/o-1").json()["status"] == "fulfilled"
    assert events(shop, "o-1")[-8:] == [
        "fulfilment.packed",
        "fulfilment.ready_for_carrier",
        "shipment.labelled",
        "fulfilment.handed_over",
        "shipment.in_transit",
        "shipment.out_for_delivery",
        "shipment.delivered",
        "fulfilment.completed",
    ]


def test_every_unit_goes_into_exactly_one_parcel(shop: Shop) -> None:
    (job,) = ready(shop, "o-1", ("A1", 2), ("B2", 1), method="ship")
    path = f"/v1/fulfilment-orders/{job}/pack"

    def parcels(*inside: list[tuple[str, int]]) -> dict[str, Any]:
        return {"parcels": [{"lines": [{"id": id, "quantity": n} for id, n in one]} for one in inside]}

    assert no(shop, path, parcels([("1", 2)])) == (422, "bad_quantity")
    assert no(shop, path, parcels([("1", 2), ("2", 1)], [("1", 1)])) == (422, "bad_quantity")
    assert no(shop, path, parcels([("1", 2), ("9", 1)])) == (422, "unknown_line")
    assert no(shop, path, parcels([("1", 1), ("1", 1), ("2", 1)])) == (422, "duplicate_line")
    assert states(shop, "o-1") == ["picked"]
    two = done(shop, path, parcels([("1", 1), ("2", 1)], [("1", 1)]))
    assert [one["weight_g"] for one in two["shipments"]] == [350, 300]
    assert no(shop, path) == (409, "illegal_transition")
    assert no(shop, "/v1/fulfilment-orders/none/pack") == (404, "not_found")


def test_completed_once_all_parcels_have_ended(shop: Shop) -> None:
    (job,) = ready(shop, "o-1", ("A1", 3), method="ship")
    each = [{"lines": [{"id": "1", "quantity": 1}], "tracking_reference": f"T{n}"} for n in range(3)]
    done(shop, f"/v1/fulfilment-orders/{job}/pack", {"parcels": each})
    done(shop, f"/v1/fulfilment-orders/{job}/hand-over")
    for n, kind in enumerate(("delivered", "lost", "returning")):
        done(shop, f"/v1/shipments/{job}-p{n + 1}/events", said(shop, job, kind))
    assert stages(shop, "o-1") == {"delivered": 1, "lost": 1, "returning": 1}
    assert states(shop, "o-1") == ["handed_over"]
    done(shop, f"/v1/shipments/{job}-p3/events", said(shop, job, "returned", start=1))
    assert stages(shop, "o-1") == {"delivered": 1, "lost": 1, "returning": 1, "returned": 1}
    assert states(shop, "o-1") == ["completed"]
    assert [
        balance(shop, place, "A1") for place in ("WH:missing", "WH:inspection", f"in_transit:fo:{job}")
    ] == [
        1,
        1,
        0,
    ]


@pytest.mark.parametrize("order", list(permutations(range(4)))[::5])
def test_a_carrier_s_events_in_any_order(shop: Shop, order: tuple[int, ...]) -> None:
    (job,) = packed(shop, "o-1", ("A1", 1), method="ship")
    done(shop, f"/v1/fulfilment-orders/{job}/hand-over")
    told = said(shop, job, "in_transit", "attempted", "lost", "delivered")["events"]
    for place in order:
        done(shop, f"/v1/shipments/{job}-p1/events", {"events": [told[place]]})
    assert (stages(shop, "o-1"), states(shop, "o-1")) == ({"delivered": 1}, ["completed"])
    assert (balance(shop, "WH:missing", "A1"), balance(shop, f"in_transit:fo:{job}", "A1")) == (0, 0)


def test_corrected_both_ways(shop: Shop) -> None:
    (job,) = packed(shop, "o-1", ("A1", 1), method="ship")
    done(shop, f"/v1/fulfilment-orders/{job}/hand-over")
    path = f"/v1/shipments/{job}-p1/events"
    for n, (kind, stage) in enumerate(
        (("delivered", "delivered"), ("lost", "lost"), ("delivered", "delivered"))
    ):
        assert results(done(shop, path, said(shop, job, kind, start=n))) == ["applied"]
        assert stages(shop, "o-1") == {stage: 1}
    assert balance(shop, "customer", "A1") == 1
    back = said(shop, job, "returned", "delivered", start=9)
    back["events"][0]["node"] = "ST-1"
    assert results(done(shop, path, back)) == ["applied", "superseded"]
    assert stages(shop, "o-1") == {"returning": 1, "returned": 1}
    assert (balance(shop, "ST-1:inspection", "A1"), balance(shop, "customer", "A1")) == (1, 0)


def test_what_is_rejected_says_why(shop: Shop) -> None:
    (job,) = packed(shop, "o-1", ("A1", 1), method="ship")
    path = f"/v1/shipments/{job}-p1/events"
    early = done(shop, path, said(shop, job, "delivered"))["results"][0]
    assert (early["result"], early["code"]) == ("rejected", "not_handed_over")
    done(shop, f"/v1/fulfilment-orders/{job}/hand-over")
    ahead = {"events": [{"id": "f", "kind": "lost", "occurred_at": _at(shop, 2)}]}
    assert done(shop, path, ahead)["results"][0]["code"] == "in_the_future"
    done(shop, path, said(shop, job, "in_transit"))
    other = {"events": [{"id": "e0", "kind": "lost", "occurred_at": _at(shop, 0)}]}
    assert done(shop, path, other)["results"][0]["code"] == "duplicate_id"
    nowhere = {"events": [{"id": "n", "kind": "returned", "occurred_at": _at(shop, 0), "node": "NOWHERE"}]}
    assert no(shop, path, nowhere) == (422, "unknown_node")
    assert stages(shop, "o-1") == {"in_transit": 1}


def test_a_manifest_takes_all_that_is_ready(shop: Shop) -> None:
    first = packed(shop, "o-1", ("A1", 1), method="ship")
    second = packed(shop, "o-2", ("B2", 1), method="ship")
    (third,) = ready(shop, "o-3", ("A1", 1), method="ship")
    done(shop, f"/v1/shipments/{first[0]}-p1/label", {"carrier": "dhl", "tracking_reference": "T"})
    node = shop.admin.get(f"/v1/shipments/{first[0]}-p1").json()["node"]
    path = f"/v1/nodes/{node}/manifests"
    assert no(shop, path, {"fulfilment_orders": [first[0], third]}) == (409, "illegal_transition")
    assert no(shop, path, {"fulfilment_orders": ["none"]}) == (422, "invalid")
    his = done(shop, path, {"carrier": "dhl"})
    wire.ManifestShown.model_validate(his, strict=False)
    assert [one["id"] for one in his["fulfilment_orders"]] == first
    rest = done(shop, path)
    assert ([one["id"] for one in rest["fulfilment_orders"]], rest["more"]) == (second, False)
    assert rest["fulfilment_orders"][0]["shipments"][0]["manifest_id"] == rest["id"]
    assert done(shop, path)["fulfilment_orders"] == []
    assert states(shop, "o-3") == ["picked"]


def test_what_is_cancelled_leaves_the_parcels(shop: Shop) -> None:
    (job,) = packed(shop, "o-1", ("A1", 3), method="ship")
    done(shop, "/v1/orders/o-1/cancel", {"lines": [{"id": "1", "quantity": 1}]})
    shown = shop.admin.get(f"/v1/fulfilment-orders/{job}/shipments").json()
    assert shown["shipments"][0]["lines"][0]["quantity"] == 2
    done(shop, f"/v1/fulfilment-orders/{job}/hand-over")
    assert stages(shop, "o-1") == {"in_transit": 2, "cancelled": 1}
    (job,) = packed(shop, "o-2", ("A1", 1), method="ship")
    done(shop, "/v1/orders/o-2/cancel")
    shown = shop.admin.get(f"/v1/fulfilment-orders/{job}/shipments").json()
    assert (shown["state"], shown["shipments"][0]["state"]) == ("cancelled", "cancelled")


def test_what_a_fact_took_while_packed_is_not_handed_over(shop: Shop) -> None:
    (job,) = packed(shop, "o-1", ("A1", 2), method="ship")
    done(
        shop,
        "/v1/stock/movements",
        {"movements": [{"node": "WH", "sku": "A1", "cause": "sale", "quantity": 9}]},
    )
    done(shop, f"/v1/fulfilment-orders/{job}/hand-over")
    assert stages(shop, "o-1") == {"in_transit": 1, "unrouted": 1}


def test_staff_hand_over_only_what_is_at_their_node(shop: Shop) -> None:
    (job,) = packed(shop, "o-1", ("A1", 1), method="ship")
    foreign = shop.client(Role.STAFF, nodes=["FAR"])
    assert no(shop, f"/v1/fulfilment-orders/{job}/hand-over", client=foreign) == (404, "not_found")
    assert no(shop, f"/v1/shipments/{job}-p1/label", {"tracking_reference": "x"}, foreign)[0] == 404
    assert no(shop, "/v1/nodes/WH/manifests", client=foreign)[0] == 404
    assert foreign.get(f"/v1/shipments/{job}-p1").status_code == 404
    own = shop.client(Role.STAFF, nodes=["WH"])
    done(shop, f"/v1/fulfilment-orders/{job}/hand-over", client=own)
    assert pick(shop, "o-1") == []


def test_what_a_courier_brings_is_ready_for_him_alone(shop: Shop) -> None:
    (job,) = ready(shop, "o-1", ("A1", 2), method="courier")
    assert done(shop, f"/v1/fulfilment-orders/{job}/pack")["state"] == "ready_for_courier"
    assert no(shop, f"/v1/fulfilment-orders/{job}/hand-over") == (409, "illegal_transition")
    assert done(shop, "/v1/nodes/ST-1/manifests")["fulfilment_orders"] == []
    assert stages(shop, "o-1") == {"packed": 2}


def test_what_is_on_hold_stays(shop: Shop) -> None:
    (job,) = packed(shop, "o-1", ("A1", 1), method="ship")
    with shop.runtime.engine.begin() as conn:
        conn.execute(text("UPDATE fulfilment_order SET on_hold = true"))
    assert no(shop, f"/v1/fulfilment-orders/{job}/hand-over") == (409, "illegal_transition")
    assert done(shop, "/v1/nodes/WH/manifests")["fulfilment_orders"] == []
    assert states(shop, "o-1") == ["ready_for_carrier"]


def test_two_hand_over_the_same_at_once(shop: Shop) -> None:
    (job,) = packed(shop, "o-1", ("A1", 2), method="ship")
    path = f"/v1/fulfilment-orders/{job}/hand-over"
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: shop.post(path, None, shop.admin).status_code, range(4)))
    assert sorted(answers) == [200, 409, 409, 409]
    assert balance(shop, f"in_transit:fo:{job}", "A1") == 2
