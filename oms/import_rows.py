"""A folder of files as rows of the catalogue and documents of the network. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from inventory.catalogue_edit import NodeRow, SkuRow
from oms.adapters.folder import UNLIMITED, Folder
from oms.adapters.folder_calendars import Document, calendar_documents, daily
from oms.adapters.geocoder import Place
from oms.memory.network_load import NODE, Kind, profile_of

COURIER_HOURS = (10, 12, 14, 16, 18)
"""Folders name no courier slots, so a network with couriers gets windows of two hours from these on."""
SLOT_HOURS = 2
SLOT_CAPACITY = 20


def node_rows(folder: Folder) -> Iterator[NodeRow]:
    """Nodes with their routing profile."""
    nodes = folder.nodes
    for at, id in enumerate(nodes.id):
        country = nodes.country[at]
        capacity = int(nodes.daily_order_capacity[at])
        member = {
            "id": id,
            "lat": float(nodes.lat[at]),
            "lon": float(nodes.lon[at]),
            "country": country,
            "timezone": nodes.timezone[at],
            "subdivision": _subdivision(folder, country),
            "methods": sorted(nodes.methods[at]),
            "calendar": nodes.calendar[at] or _daily(folder, at)["name"],
            "fixed_minor": int(nodes.fixed_minor[at]),
            "pick_minor": int(nodes.pick_minor[at]),
            "limits": {} if capacity == UNLIMITED else {"ship": capacity},
            "ship_cutoff": _clock(int(nodes.ship_cutoff[at])),
            "courier_radius_m": int(nodes.courier_radius_m[at]),
        }
        yield NodeRow(
            id=id,
            name=nodes.name[at],
            kind=nodes.kind[at],
            lat=member["lat"],
            lon=member["lon"],
            country=country,
            postcode=nodes.postcode[at],
            timezone=nodes.timezone[at],
            profile=profile_of(NODE.validate_python(member)),
        )


def sku_rows(folder: Folder) -> Iterator[SkuRow]:
    """SKUs, in file order."""
    skus = folder.skus
    for at, id in enumerate(skus.id):
        yield SkuRow(
            id=id,
            name=skus.name[at],
            barcodes=tuple(skus.barcode[at]),
            weight_g=int(skus.weight_g[at]),
            length_mm=int(skus.length_mm[at]),
            width_mm=int(skus.width_mm[at]),
            height_mm=int(skus.height_mm[at]),
            flags=tuple(skus.flags[at]),
            category=skus.category[at],
            unit_price_minor=int(skus.unit_price_minor[at]),
        )


def documents(folder: Folder) -> Iterator[tuple[Kind, str, Any]]:
    """Kind, id and body of everything the network is made of beside its nodes and their named calendars."""
    file = folder.network
    settings = {
        "currency": file.currency,
        "dimensional_divisor_mm3_per_g": file.dimensional_divisor_mm3_per_g,
    }
    yield Kind.SETTINGS, Kind.SETTINGS, settings
    yield Kind.POLICY, Kind.POLICY, {**file.policy, "unfilled_penalty_minor": file.unfilled_penalty_minor}
    yield from _tariffs(folder)
    yield from _daily_calendars(folder)
    yield from _deliveries(folder)
    yield Kind.LANES, Kind.LANES, list(_lanes(folder))
    yield Kind.SLOTS, Kind.SLOTS, list(_slots(folder))


def calendars(folder: Folder) -> Mapping[str, Document]:
    """The calendars of the file of that name."""
    rows = folder.calendars
    return calendar_documents(rows.name, rows.days, rows.opens, rows.closes)


def places(folder: Folder) -> Iterator[Place]:
    """Where postcodes are, as far as orders and nodes tell: the mean of the coordinates seen there."""
    seen: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for table in (folder.nodes, folder.orders):
        for country, postcode, lat, lon in zip(
            table.country, table.postcode, table.lat, table.lon, strict=True
        ):
            if country and postcode and not (np.isnan(lat) or np.isnan(lon)):
                seen.setdefault((country, postcode), []).append((float(lat), float(lon)))
    for (country, postcode), points in sorted(seen.items()):
        lat, lon = np.mean(points, axis=0).tolist()
        yield Place(country, postcode, None, lat, lon)


def _tariffs(folder: Folder) -> Iterator[tuple[Kind, str, Any]]:
    steps: dict[str, list[list[int]]] = {}
    tariffs = folder.tariffs
    for name, up_to_g, minor in zip(tariffs.name, tariffs.up_to_g, tariffs.minor, strict=True):
        steps.setdefault(name, []).append([int(up_to_g), int(minor)])
    for name, rows in steps.items():
        yield Kind.TARIFF, name, {"name": name, "steps": rows}


def _daily(folder: Folder, at: int) -> Document:
    nodes = folder.nodes
    return daily(int(nodes.opens[at]), int(nodes.closes[at]), nodes.country[at] in folder.network.holidays)


def _daily_calendars(folder: Folder) -> Iterator[tuple[Kind, str, Any]]:
    """Those that nodes get which name none."""
    unnamed = np.flatnonzero(folder.nodes.calendar == "").tolist()
    made = {document["name"]: document for document in (_daily(folder, at) for at in unnamed)}
    for name, document in made.items():
        yield Kind.CALENDAR, name, document


def _deliveries(folder: Folder) -> Iterator[tuple[Kind, str, Any]]:
    """Countries for which no holidays are given get delivery days without any."""
    for country in sorted(set(folder.nodes.country)):
        body = {
            "country": country,
            "subdivision": _subdivision(folder, country),
            "weekdays": [0, 1, 2, 3, 4, 5],
            "holidays": country in folder.network.holidays,
        }
        yield Kind.DELIVERY, country, body


def _lanes(folder: Folder) -> Iterator[dict[str, Any]]:
    lanes = folder.lanes
    for at in range(len(lanes.tariff)):
        up_to_km = float(lanes.up_to_km[at])
        yield {
            "tariff": lanes.tariff[at],
            "transit_days": int(lanes.transit_days[at]),
            "node": lanes.node[at],
            "country": lanes.country[at] or None,
            "postcode_prefix": lanes.postcode_prefix[at] or None,
            "up_to_km": None if np.isinf(up_to_km) else up_to_km,
        }


def _slots(folder: Folder) -> Iterator[dict[str, Any]]:
    if not any("courier" in methods for methods in folder.nodes.methods):
        return
    for hour in COURIER_HOURS:
        yield {
            "id": f"{hour:02}-{hour + SLOT_HOURS:02}",
            "starts": _clock(hour * 60),
            "ends": _clock((hour + SLOT_HOURS) * 60),
            "capacity": SLOT_CAPACITY,
        }


def _subdivision(folder: Folder, country: str) -> str | None:
    """Whose public holidays count inside the country: `GB-ENG` says England."""
    return folder.network.holidays.get(country, country).partition("-")[2] or None


def _clock(minutes: int) -> str:
    """Minutes after midnight as wall clock; 24:00 is 00:00, the end of the day."""
    return f"{minutes // 60 % 24:02}:{minutes % 60:02}:00"
