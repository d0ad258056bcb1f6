"""Distances on the globe: great circle for many points at once, geodesic for a single pair.

What a single distance decides or a person reads is the geodesic: a courier's radius, a price by distance, how
far a parcel goes. Whoever is nearest and which lane fits is asked of all nodes at once, on the great circle.
"""

from __future__ import annotations

import math

import numpy as np
from geopy.distance import geodesic

from routing.compiled import compiled
from routing.problem import Bools, Floats, Ints

EARTH_RADIUS_M = 6_371_008.8
"""Mean radius (IUGG). A great circle on it is within 0.6 % of the WGS-84 geodesic."""

TOO_CLOSE = 0.0061
"""So near its limit, as a share of it, a great circle does not say on which side the geodesic is."""

NEARLY = 0.0002
"""The same for Lambert's formula, as long as the points are on one side of the globe."""

EQUATOR_M, FLATTENING = 6_378_137.0, 1 / 298.257223563


def points(lats: Floats, lons: Floats) -> Floats:
    """[3, N] of degrees [N]: the same places on a ball of radius 1."""
    phi, lam = np.radians(lats), np.radians(lons)
    ball: Floats = np.array([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)])
    return ball


def great_circle_m(lat: float, lon: float, lats: Floats, lons: Floats) -> Floats:
    """Metres from one point to many; degrees in, [N] out."""
    return great_circles_m(lat, lon, points(lats, lons))


def great_circles_m(lat: float, lon: float, there: Floats) -> Floats:
    """The same to places as of ``points``; unknown ones (nan) stay unknown."""
    metres: Floats = np.empty(there.shape[1])
    great_circles_into(lat, lon, there, metres)
    return metres


@compiled
def great_circles_into(lat: float, lon: float, there: Floats, metres: Floats) -> None:
    """The straight way through the ball is the exact sine of half the angle, however near or far."""
    phi, lam = math.radians(lat), math.radians(lon)
    x, y, z = math.cos(phi) * math.cos(lam), math.cos(phi) * math.sin(lam), math.sin(phi)
    for n in range(metres.size):
        east, north, up = there[0, n] - x, there[1, n] - y, there[2, n] - z
        half = math.sqrt(east * east + north * north + up * up) / 2
        metres[n] = 2 * EARTH_RADIUS_M * math.asin(1.0 if half > 1.0 else half)


def geodesic_m(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Metres between two points on the WGS-84 ellipsoid."""
    return float(geodesic((lat, lon), (other_lat, other_lon)).meters)


@compiled
def lambert_m(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """The geodesic by Lambert's formula: off by some 0.001 %, more only near the far side of the globe."""
    a = math.atan((1 - FLATTENING) * math.tan(math.radians(lat)))
    b = math.atan((1 - FLATTENING) * math.tan(math.radians(other_lat)))
    p, q = (a + b) / 2, (b - a) / 2
    across = math.sin(math.radians(other_lon - lon) / 2)
    half = math.sin(q) ** 2 + math.cos(a) * math.cos(b) * across**2
    if half <= 0.0 or half >= 1.0:
        return 0.0 if half <= 0.0 else math.pi * EARTH_RADIUS_M
    angle = 2 * math.asin(math.sqrt(half))
    x = (angle - math.sin(angle)) * (math.sin(p) * math.cos(q)) ** 2 / (1 - half)
    y = (angle + math.sin(angle)) * (math.cos(p) * math.sin(q)) ** 2 / half
    return EQUATOR_M * (angle - FLATTENING / 2 * (x + y))


@compiled
def within_into(
    lat: float,
    lon: float,
    lats: Floats,
    lons: Floats,
    distance_m: Floats,
    limit: Ints,
    near: Bools,
    open_: Ints,
) -> int:
    """Fill ``near`` [N] and list in ``open_`` those that neither formula settles; returns how many."""
    count = 0
    for n in range(distance_m.size):
        most = limit[n % limit.size]
        metres = distance_m[n]
        near[n] = metres <= most
        if abs(metres - most) <= TOO_CLOSE * most + 1:
            metres = lambert_m(lat, lon, lats[n], lons[n])
            near[n] = metres <= most
            if abs(metres - most) <= NEARLY * most + 0.1 or metres > EARTH_RADIUS_M:
                open_[count] = n
                count += 1
    return count


def within_m(
    lat: float, lon: float, lats: Floats, lons: Floats, distance_m: Floats, radius_m: Ints | int
) -> Bools:
    """Which of many points are within their radius, or one for all, of one point; by the geodesic.

    ``distance_m`` [N]: the great circles, which settle all but the few that end next to the radius. Unknown
    ones (nan) are not within.
    """
    limit = np.array([radius_m], dtype=np.int64) if isinstance(radius_m, int) else radius_m
    near: Bools = np.empty(distance_m.size, dtype=np.bool_)
    left: Ints = np.empty(distance_m.size, dtype=np.int64)
    count = within_into(lat, lon, lats, lons, distance_m, limit, near, left)
    for n in left[:count].tolist():
        near[n] = geodesic_m(lat, lon, float(lats[n]), float(lons[n])) <= limit[n % limit.size]
    return near
