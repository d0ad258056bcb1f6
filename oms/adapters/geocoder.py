"""Where a postcode or a city is, from memory: the imported places and the addresses of the nodes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

from oms.orders.quote import Whereabouts, normal_postcode

SHORTEST_PREFIX = 2


@dataclass(frozen=True, slots=True)
class Place:
    country: str
    postcode: str
    city: str | None
    lat: float
    lon: float


class Geocoder:
    """Answers with the place itself, else the middle of all places that share the longest postcode prefix,
    else the middle of the city. Immutable: a changed table makes a new one."""

    def __init__(self, places: Iterable[Place]) -> None:
        points: dict[tuple[str, str, str], list[tuple[float, float]]] = defaultdict(list)
        for place in places:
            code = normal_postcode(place.postcode)
            for length in range(SHORTEST_PREFIX, len(code) + 1):
                points[place.country, "prefix", code[:length]].append((place.lat, place.lon))
            if code:
                points[place.country, "postcode", code].append((place.lat, place.lon))
            if place.city:
                points[place.country, "city", place.city.casefold()].append((place.lat, place.lon))
        self._middle = {key: _middle(found) for key, found in points.items()}

    def locate(self, where: Whereabouts) -> Whereabouts | None:
        """The same whereabouts with a point; None when neither postcode nor city says where that is."""
        if where.lat is not None and where.lon is not None:
            return where
        code = normal_postcode(where.postcode)
        keys = [(where.country, "postcode", code)]
        keys += [
            (where.country, "prefix", code[:length]) for length in range(len(code), SHORTEST_PREFIX - 1, -1)
        ]
        if where.city:
            keys.append((where.country, "city", where.city.casefold()))
        found = next((self._middle[key] for key in keys if key in self._middle), None)
        return None if found is None else replace(where, lat=found[0], lon=found[1])


def _middle(points: list[tuple[float, float]]) -> tuple[float, float]:
    """The mean of the points; those of one postcode area never straddle the date line."""
    return (sum(lat for lat, _ in points) / len(points), sum(lon for _, lon in points) / len(points))
