"""Packing slips and labels can be read by others, and say what they should."""

from __future__ import annotations

from datetime import date
from io import BytesIO

from pypdf import PdfReader

from oms.actors import Role
from oms.adapters.paper import labels, packing_slips
from oms.shipments.papers import PaperLine, ParcelPaper
from tests.checkout.conftest import Shop
from tests.handover.work import done, packed, ready


def words(pdf: bytes) -> list[str]:
    """The text of each page."""
    return [page.extract_text() for page in PdfReader(BytesIO(pdf), strict=True).pages]


def paper(order_id: str = "o-1", lines: int = 1) -> ParcelPaper:
    inside = tuple(PaperLine(f"S{n}", "Ручка латунная", 3, 2) for n in range(lines))
    sender, recipient = ("Newark", "07102 US"), ("Иван Петров", "София 1000")
    about = (date(2026, 1, 13), "ship", "dhl", "", 640)
    return ParcelPaper(order_id, f"{order_id}-1-p1", 1, 2, *about, sender, recipient, inside)


def test_a_slip_says_what_is_in_the_parcel() -> None:
    (page,) = words(packing_slips([paper()]))
    for said in ("o-1", "2026-01-13", "parcel 1 of 2", "Иван Петров", "Newark", "S0", "Ручка латунная"):
        assert said in page, said
    assert packing_slips([paper()]) == packing_slips([paper()])


def test_a_long_slip_goes_on_with_its_head() -> None:
    pages = words(packing_slips([paper(lines=60), paper("o-2")]))
    assert len(pages) == 4
    assert all("o-1" in page for page in pages[:3]) and "o-2" in pages[3]
    assert "S59" in pages[2]


def test_a_label_whatever_its_id_is_made_of() -> None:
    for order_id in ("o-1", "x" * 100, "заказ-№1"):
        (page,) = words(labels([paper(order_id)]))
        assert "1 of 2" in page and "640 g" in page


def test_printed_for_what_is_packed(shop: Shop) -> None:
    where = {"country": "US", "postcode": "10001", "lat": 40.7506, "lon": -73.9972}
    address = where | {"name": "Zoë Žižek", "street": "5 Main St", "city": "New York"}
    (job,) = ready(shop, "o-1", ("A1", 2), ("B2", 1), method="ship", destination=address)
    path = f"/v1/fulfilment-orders/{job}"
    early = shop.admin.get(f"{path}/label.pdf")
    assert (early.status_code, early.json()["code"]) == (409, "illegal_transition")
    two = [{"lines": [{"id": "1", "quantity": 2}], "tracking_reference": "JD77"}]
    done(shop, f"{path}/pack", {"parcels": [*two, {"lines": [{"id": "2", "quantity": 1}]}]})
    slip = shop.admin.get(f"{path}/packing-slip.pdf")
    assert (slip.status_code, slip.headers["content-type"]) == (200, "application/pdf")
    first, second = words(slip.content)
    assert "Handle" in first and "Blade" in second and "Zoë Žižek" in first
    assert "1000" not in first.replace("10001", ""), "no price"
    one, other = words(shop.admin.get(f"{path}/label.pdf").content)
    assert "JD77" in one and f"{job}-p2" in other and "5 Main St" in one
    foreign = shop.client(Role.STAFF, nodes=["FAR"])
    assert foreign.get(f"{path}/packing-slip.pdf").status_code == 404


def test_at_a_counter_the_parcel_goes_to_the_store(shop: Shop) -> None:
    kim = {"email": "kim@example.com", "name": "Kim Doe"}
    (job,) = packed(shop, "o-1", ("A1", 1), method="pickup", pickup_node="ST-1", customer=kim)
    (label,) = words(shop.admin.get(f"/v1/fulfilment-orders/{job}/label.pdf").content)
    assert "Kim Doe" in label and "Times Square" in label
