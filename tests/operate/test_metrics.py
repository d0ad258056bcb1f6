"""Prometheus' figures: right, few, and about nobody."""

from __future__ import annotations

from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from oms.actors import Role
from oms.store import outbox
from tests.checkout.conftest import Shop

Figures = dict[tuple[str, frozenset[tuple[str, str]]], float]


def figures(shop: Shop) -> Figures:
    answer = shop.admin.get("/metrics")
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/plain")
    families = text_string_to_metric_families(answer.text)
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def grown(before: Figures, after: Figures, name: str, **labels: str) -> float:
    key = (name, frozenset(labels.items()))
    return after.get(key, 0.0) - before.get(key, 0.0)


def value(found: Figures, name: str, **labels: str) -> float:
    return found[name, frozenset(labels.items())]


def test_requests_are_counted_by_route_and_orders_by_how_they_ended(shop: Shop) -> None:
    before = figures(shop)
    assert shop.place("m-1", ("A1", 1), method="ship").status_code == 201
    assert shop.place("m-1", ("A1", 1), method="ship").status_code == 200
    assert shop.place("m-2", ("NONE", 1), method="ship").status_code == 409
    shop.admin.get("/v1/orders/m-1")
    shop.admin.get("/v1/orders/m-3")
    shop.admin.get("/somewhere/else")
    after = figures(shop)
    place = {"method": "PUT", "route": "/v1/orders/{id}"}
    counted = "anyshelf_http_requests_total"
    assert [grown(before, after, counted, **place, status=s) for s in ("201", "200", "409")] == [1, 1, 1]
    assert grown(before, after, "anyshelf_http_request_seconds_count", **place) == 3
    assert grown(before, after, "anyshelf_orders_placed_total") == 1
    assert grown(before, after, "anyshelf_process_writer_groups_total") == 2, "what is sold out is not for it"
    assert grown(before, after, "anyshelf_process_writer_requests_total") == 2
    assert grown(before, after, "anyshelf_orders_refused_total", code="insufficient_stock") == 1
    read = {"method": "GET", "route": "/v1/orders/{id}"}
    assert [grown(before, after, counted, **read, status=s) for s in ("200", "404")] == [1, 1]
    assert grown(before, after, "anyshelf_http_refusals_total", route=read["route"], code="not_found") == 1
    assert grown(before, after, counted, method="GET", route="unmatched", status="404") == 1


def test_a_thousand_addresses_make_no_more_figures_than_one(shop: Shop) -> None:
    shop.admin.get("/v1/orders/x-0"), shop.admin.get("/x/0"), shop.admin.request("BREW", "/v1/orders/x-0")
    figures(shop)  # asking for them has figures of its own
    before = len(figures(shop))
    for n in range(1, 60):
        shop.admin.get(f"/v1/orders/x-{n}")
        shop.admin.get(f"/x/{n}")
        shop.admin.request(f"BREW{n}", "/v1/orders/x-0")
    assert len(figures(shop)) == before


def test_memory_connections_events_and_jobs_are_seen(shop: Shop) -> None:
    with shop.runtime.engine.begin() as conn:
        outbox.publish(conn)
    shop.place("m-9", ("A1", 1), method="ship")
    found = figures(shop)
    assert value(found, "anyshelf_database_up") == 1
    assert value(found, "anyshelf_events_unpublished") >= 1
    assert value(found, "anyshelf_events_unpublished_seconds") >= 0
    assert value(found, "anyshelf_process_feed_lag_seconds") < 5
    assert value(found, "anyshelf_process_db_connections_most") == 20
    assert 0 <= value(found, "anyshelf_process_db_connections_in_use") <= 20
    assert value(found, "anyshelf_workers_alive") == 0
    with shop.runtime.engine.begin() as conn:
        conn.execute(text("INSERT INTO procrastinate_workers DEFAULT VALUES"))
        conn.execute(
            text("INSERT INTO procrastinate_jobs (queue_name, task_name) VALUES ('default', 'expire_offers')")
        )
        outbox.publish(conn)
    found = figures(shop)
    assert value(found, "anyshelf_workers_alive") == 1
    assert value(found, "anyshelf_worker_heartbeat_seconds") < 5
    assert value(found, "anyshelf_jobs_waiting", job="expire_offers") == 1
    assert value(found, "anyshelf_events_unpublished") == 0


def test_a_database_that_is_gone_is_a_figure_too(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(conn: Any) -> Any:
        raise OperationalError("", {}, Exception())

    monkeypatch.setattr("api.metrics.pulse_of", gone)
    found = figures(shop)
    assert value(found, "anyshelf_database_up") == 0
    assert ("anyshelf_workers_alive", frozenset()) not in found
    assert value(found, "anyshelf_process_db_connections_most") == 20


def test_figures_are_for_the_office(shop: Shop) -> None:
    assert shop.client(Role.BACKOFFICE).get("/metrics").status_code == 200
    assert shop.web.get("/metrics").status_code == 403


def test_a_schema_that_is_behind_is_not_ready(shop: Shop) -> None:
    assert shop.admin.get("/readyz").status_code == 200
    statement = text("UPDATE alembic_version SET version_num = :found")
    newest = shop.scalar("SELECT version_num FROM alembic_version")
    for found, status in (("0001", 503), ("9999", 200), (newest, 200)):
        with shop.runtime.engine.begin() as conn:
            conn.execute(statement, {"found": found})
        assert shop.admin.get("/readyz").status_code == status, found
