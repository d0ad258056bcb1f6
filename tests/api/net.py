"""A small real network, put together through the API as an admin would."""

from __future__ import annotations

from typing import Any

from fastapi.testclient import TestClient

NODE: dict[str, Any] = {
    "name": "Dayton North",
    "kind": "store",
    "lat": 39.8,
    "lon": -84.2,
    "country": "US",
    "postcode": "45414",
    "timezone": "America/New_York",
    "methods": ["ship", "pickup"],
    "fixed_minor": 120,
    "pick_minor": 25,
}
SKU: dict[str, Any] = {"name": "Oat flakes 500 g", "weight_g": 520, "unit_price_minor": 249}


def put(client: TestClient, path: str, body: Any, **headers: str) -> dict[str, Any]:
    """Put a document that must be taken."""
    answer = client.put(path, json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


def small_network(client: TestClient) -> None:
    """Two stores, two SKUs, one rate card for everywhere in the country."""
    put(client, "/v1/settings", {"currency": "USD"})
    put(
        client,
        "/v1/tariffs/flat",
        {"steps": [{"up_to_g": 1000, "minor": 500}, {"up_to_g": 30000, "minor": 900}]},
    )
    put(client, "/v1/lanes", {"lanes": [{"tariff": "flat", "transit_days": 2, "country": "US"}]})
    for id, lon in (("N1", -84.2), ("N2", -83.0)):
        put(client, f"/v1/nodes/{id}", {**NODE, "lon": lon})
    for id in ("A1", "B2"):
        put(client, f"/v1/skus/{id}", SKU)
