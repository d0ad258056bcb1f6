"""Changed while it is being worked on: what lies in a tote goes back; what has left is refused, with the
rest.
"""

from __future__ import annotations

from tests.checkout.conftest import Shop
from tests.checkout.test_order_changes import BROOKLYN, confirmed
from tests.handover.work import done, packed, ready, stages


def test_a_picked_order_goes_another_way_and_its_units_go_back(shop: Shop) -> None:
    (old,) = ready(shop, "o-1", ("A1", 2), method="courier")
    option, order = confirmed(shop, "/v1/orders/o-1/method", {"method": "pickup", "pickup_node": "ST-1"})
    assert option["difference"]["total_minor"] == -999
    assert (order["method"], stages(shop, "o-1")["routed"]) == ("pickup", 2)
    back = shop.admin.get("/v1/nodes/ST-1/put-backs").json()["items"]
    assert [(one["fulfilment_order"], one["quantity"]) for one in back] == [(old, 2)]
    done(shop, f"/v1/fulfilment-orders/{old}/put-back")
    assert shop.admin.get("/v1/nodes/ST-1/put-backs").json()["items"] == []


def test_what_waits_at_the_counter_is_sent_home_instead(shop: Shop) -> None:
    packed(shop, "o-1", ("A1", 2), method="pickup", pickup_node="ST-1")
    assert stages(shop, "o-1")["ready_for_pickup"] == 2
    confirmed(shop, "/v1/orders/o-1/method", {"method": "ship"})
    assert stages(shop, "o-1")["routed"] == 2
    assert shop.admin.get("/v1/pickups", params={"order": "o-1"}).json()["items"] == []
    assert shop.admin.get("/v1/pickups/o-1-c1").json()["state"] == "cancelled"


def test_what_has_left_is_too_late_to_change_and_says_what_is_possible(shop: Shop) -> None:
    (job,) = packed(shop, "o-1", ("A1", 2), method="ship")
    done(shop, f"/v1/fulfilment-orders/{job}/hand-over")
    late = shop.post("/v1/orders/o-1/address", {"destination": BROOKLYN})
    assert (late.status_code, late.json()["code"]) == (409, "illegal_transition")
    assert late.json()["possible"] == {"change": [], "cancel": [], "return": []}
    (parcel,) = shop.admin.get(f"/v1/fulfilment-orders/{job}/shipments").json()["shipments"]
    event = {"id": "e-1", "kind": "delivered", "occurred_at": shop.watch.now().isoformat()}
    done(shop, f"/v1/shipments/{parcel['id']}/events", {"events": [event]})
    late = shop.post("/v1/orders/o-1/cancel", {"lines": [{"id": "1", "quantity": 1}]})
    assert late.json()["possible"] == {
        "change": [],
        "cancel": [],
        "return": [{"id": "1", "quantity": 2}],
    }


def test_units_that_are_not_gone_can_be_cancelled_when_others_are(shop: Shop) -> None:
    first, *_ = packed(shop, "o-1", ("A1", 2), ("C3", 1), method="ship")
    done(shop, f"/v1/fulfilment-orders/{first}/hand-over")
    late = shop.post("/v1/orders/o-1/address", {"destination": BROOKLYN}).json()
    (still,) = late["possible"]["cancel"]
    assert still["quantity"] in (1, 2)
    cancelled = shop.post("/v1/orders/o-1/cancel", {"lines": [still]})
    assert cancelled.status_code == 200
    assert stages(shop, "o-1", still["id"])["cancelled"] == still["quantity"]
