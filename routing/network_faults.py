"""Everything that can be wrong with a network spec, found in one pass and named."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from routing.calendar import public_holidays
from routing.network_spec import (
    ANY_NODE,
    METHODS,
    CalendarSpec,
    DeliverySpec,
    Hours,
    NetworkFault,
    NetworkSpec,
    NodeSpec,
    SlotSpec,
)
from routing.tariff import tariff_faults

PROBE_YEAR = 2025
"""Any year: asks only whether the holidays of a country are known at all."""


def faults_of(spec: NetworkSpec) -> tuple[NetworkFault, ...]:
    """All faults of a spec, in the order of its parts."""
    return (
        *_node_list_faults(spec),
        *tariff_faults(spec.tariffs),
        *_lane_faults(spec),
        *_calendar_faults(spec),
        *_slot_faults(spec),
        *_delivery_faults(spec),
    )


def _duplicates(part: str, code: str, names: Iterable[str]) -> Iterator[NetworkFault]:
    seen: set[str] = set()
    for place, name in enumerate(names):
        if not name or name in seen:
            detail = f"{name!r} stands here twice" if name else "a name is missing"
            yield NetworkFault(f"/{part}/{place}", code if name else "missing_name", detail)
        seen.add(name)


def _node_list_faults(spec: NetworkSpec) -> Iterator[NetworkFault]:
    if spec.dimensional_divisor_mm3_per_g < 0:
        yield NetworkFault("/dimensional_divisor_mm3_per_g", "negative", "the divisor is negative")
    for place, chance in enumerate(spec.chances):
        if not 0.0 <= chance.fails <= 1.0:
            yield NetworkFault(f"/chances/{place}/fails", "not_a_probability", f"{chance.fails}")
    yield from _duplicates("nodes", "duplicate_node", (node.id for node in spec.nodes))
    calendars = {calendar.name: calendar for calendar in spec.calendars}
    for place, node in enumerate(spec.nodes):
        yield from _node_faults(f"/nodes/{place}", node, calendars)


def _node_faults(at: str, node: NodeSpec, calendars: dict[str, CalendarSpec]) -> Iterator[NetworkFault]:
    if not -90 <= node.lat <= 90:
        yield NetworkFault(f"{at}/lat", "off_the_globe", f"latitude {node.lat}")
    if not -180 <= node.lon <= 180:
        yield NetworkFault(f"{at}/lon", "off_the_globe", f"longitude {node.lon}")
    if not _zone_exists(node.timezone):
        yield NetworkFault(f"{at}/timezone", "unknown_timezone", f"{node.timezone!r}")
    for method in sorted((node.methods | set(node.limits)) - set(METHODS)):
        yield NetworkFault(f"{at}/methods", "unknown_method", f"{method!r}")
    calendar = None if node.calendar is None else calendars.get(node.calendar)
    if node.calendar is not None and calendar is None:
        yield NetworkFault(f"{at}/calendar", "unknown_calendar", f"{node.calendar!r}")
    if calendar is not None and calendar.holidays and not _holidays_known(node.country, node.subdivision):
        yield NetworkFault(f"{at}/country", "unknown_holidays", f"{node.country} {node.subdivision or ''}")
    if not 0.0 <= node.reject_probability <= 1.0:
        yield NetworkFault(f"{at}/reject_probability", "not_a_probability", f"{node.reject_probability}")
    amounts = ("fixed_minor", "pick_minor", "pick_lead_minutes", "courier_radius_m", "courier_minor")
    for name in (*amounts, "courier_minutes"):
        if getattr(node, name) < 0:
            yield NetworkFault(f"{at}/{name}", "negative", f"{name} is negative")
    for method, limit in node.limits.items():
        if limit < 0:
            yield NetworkFault(f"{at}/limits/{method}", "negative", f"limit {limit}")


def _lane_faults(spec: NetworkSpec) -> Iterator[NetworkFault]:
    nodes = {node.id for node in spec.nodes}
    tariffs = {tariff.name for tariff in spec.tariffs}
    for place, lane in enumerate(spec.lanes):
        at = f"/lanes/{place}"
        if lane.node != ANY_NODE and lane.node not in nodes:
            yield NetworkFault(f"{at}/node", "unknown_node", f"{lane.node!r}")
        if lane.to_node is not None and lane.to_node not in nodes:
            yield NetworkFault(f"{at}/to_node", "unknown_node", f"{lane.to_node!r}")
        if lane.tariff not in tariffs:
            yield NetworkFault(f"{at}/tariff", "unknown_tariff", f"{lane.tariff!r}")
        if lane.transit_days < 0 or lane.transit_days > 90:
            yield NetworkFault(f"{at}/transit_days", "out_of_range", f"{lane.transit_days} days")
        if lane.method not in METHODS:
            yield NetworkFault(f"{at}/method", "unknown_method", f"{lane.method!r}")
        if lane.up_to_km is not None and not lane.up_to_km > 0:
            yield NetworkFault(f"{at}/up_to_km", "lane_reach_not_positive", f"up to {lane.up_to_km} km")


def _calendar_faults(spec: NetworkSpec) -> Iterator[NetworkFault]:
    yield from _duplicates("calendars", "duplicate_calendar", (c.name for c in spec.calendars))
    for place, calendar in enumerate(spec.calendars):
        at = f"/calendars/{place}"
        if len(calendar.week) != 7:
            yield NetworkFault(f"{at}/week", "not_a_week", f"{len(calendar.week)} days")
        for weekday, hours in enumerate(calendar.week):
            yield from _hours_faults(f"{at}/week/{weekday}", hours)
        for day, hours in calendar.special.items():
            yield from _hours_faults(f"{at}/special/{day.isoformat()}", hours)


def _slot_faults(spec: NetworkSpec) -> Iterator[NetworkFault]:
    nodes = {node.id for node in spec.nodes}
    yield from _duplicates("slots", "duplicate_slot", (slot.id for slot in spec.slots))
    for place, slot in enumerate(spec.slots):
        at = f"/slots/{place}"
        yield from _hours_faults(at, (slot.starts, slot.ends))
        yield from _slot_detail_faults(at, slot, nodes)


def _slot_detail_faults(at: str, slot: SlotSpec, nodes: set[str]) -> Iterator[NetworkFault]:
    if slot.node != ANY_NODE and slot.node not in nodes:
        yield NetworkFault(f"{at}/node", "unknown_node", f"{slot.node!r}")
    if slot.order_before_minutes < 0:
        yield NetworkFault(f"{at}/order_before_minutes", "negative", f"{slot.order_before_minutes}")
    if slot.capacity is not None and slot.capacity < 0:
        yield NetworkFault(f"{at}/capacity", "negative", f"{slot.capacity}")
    if not slot.weekdays <= frozenset(range(7)):
        yield NetworkFault(f"{at}/weekdays", "not_a_weekday", f"{sorted(slot.weekdays)}")


def _delivery_faults(spec: NetworkSpec) -> Iterator[NetworkFault]:
    yield from _duplicates("deliveries", "duplicate_delivery", (d.country for d in spec.deliveries))
    for place, delivery in enumerate(spec.deliveries):
        yield from _delivery_detail_faults(f"/deliveries/{place}", delivery)


def _delivery_detail_faults(at: str, delivery: DeliverySpec) -> Iterator[NetworkFault]:
    yield from _hours_faults(f"{at}/hours", delivery.hours)
    if not delivery.weekdays or not delivery.weekdays <= frozenset(range(7)):
        yield NetworkFault(f"{at}/weekdays", "not_a_weekday", f"{sorted(delivery.weekdays)}")
    if delivery.holidays and not _holidays_known(delivery.country, delivery.subdivision):
        yield NetworkFault(f"{at}/country", "unknown_holidays", f"{delivery.country}")


def _hours_faults(at: str, hours: Hours | None) -> Iterator[NetworkFault]:
    if hours is not None and hours[1] != time(0) and hours[1] <= hours[0]:
        yield NetworkFault(at, "closes_before_it_opens", f"{hours[0]} to {hours[1]}")


def _zone_exists(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _holidays_known(country: str, subdivision: str | None) -> bool:
    try:
        public_holidays(country, subdivision, PROBE_YEAR)
    except NotImplementedError:
        return False
    return True
