"""Distances on the globe: great circle for many points at once, geodesic for a single pair.

What a single distance decides or a person reads is the geodesic: a courier's radius, a price by distance, how
far a parcel goes. Whoever is nearest and which lane fits is asked of all nodes at once, on the great circle.
"""

from __future__ import annotations

import numpy as np
from geopy.distance import geodesic

from routing.problem import Bools, Floats, Ints

EARTH_RADIUS_M = 6_371_008.8
"""Mean radius (IUGG). A great circle on it is within 0.6 % of the WGS-84 geodesic."""

TOO_CLOSE = 0.0061
"""So near its limit, as a share of it, a great circle does not say on which side the geodesic is."""


def great_circle_m(lat: float, lon: float, lats: Floats, lons: Floats) -> Floats:
    """Metres from one point to many, by haversine; degrees in, [N] out."""
    phi, phis = np.radians(lat), np.radians(lats)
    half_lat = np.sin((phis - phi) / 2)
    half_lon = np.sin(np.radians(lons - lon) / 2)
    chord = half_lat * half_lat + np.cos(phi) * np.cos(phis) * half_lon * half_lon
    metres: Floats = 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.minimum(chord, 1.0)))
    return metres


def geodesic_m(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Metres between two points on the WGS-84 ellipsoid."""
    return float(geodesic((lat, lon), (other_lat, other_lon)).meters)


def within_m(
    lat: float, lon: float, lats: Floats, lons: Floats, distance_m: Floats, radius_m: Ints | int
) -> Bools:
    """Which of many points are within their radius, or one for all, of one point; by the geodesic.

    ``distance_m`` [N]: the great circles, which settle all but the few that end next to the radius. Unknown
    ones (nan) are not within.
    """
    limit = np.broadcast_to(radius_m, distance_m.shape)
    near: Bools = distance_m <= limit
    for n in np.flatnonzero(np.abs(distance_m - limit) <= TOO_CLOSE * limit + 1).tolist():
        near[n] = geodesic_m(lat, lon, float(lats[n]), float(lons[n])) <= limit[n]
    return near
