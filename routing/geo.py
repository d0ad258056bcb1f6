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

DOUBTFUL_M = 0.01
"""So near its limit Vincenty's formulae do not say it; they are within a millimetre where they converge."""
MOST_ROUNDS = 20
"""Points on one side of the globe take three or four; others are left to the geodesic."""

EQUATOR_M, FLATTENING = 6_378_137.0, 1 / 298.257223563
POLE_M = EQUATOR_M * (1 - FLATTENING)


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
def vincenty_m(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """The geodesic by Vincenty's inverse formulae (Survey Review 23(176), 1975); nan where they do not
    converge, which is only near the far side of the globe.
    """
    a = math.atan((1 - FLATTENING) * math.tan(math.radians(lat)))
    b = math.atan((1 - FLATTENING) * math.tan(math.radians(other_lat)))
    sin_a, cos_a, sin_b, cos_b = math.sin(a), math.cos(a), math.sin(b), math.cos(b)
    across = math.radians((other_lon - lon + 540.0) % 360.0 - 180.0)
    lam = across
    for _ in range(MOST_ROUNDS):
        sin_lam, cos_lam = math.sin(lam), math.cos(lam)
        sin_arc = math.hypot(cos_b * sin_lam, cos_a * sin_b - sin_a * cos_b * cos_lam)
        if sin_arc == 0.0:
            return 0.0 if cos_lam > 0 else math.nan
        cos_arc = sin_a * sin_b + cos_a * cos_b * cos_lam
        arc = math.atan2(sin_arc, cos_arc)
        sin_alpha = cos_a * cos_b * sin_lam / sin_arc
        cos2_alpha = 1 - sin_alpha * sin_alpha
        middle = cos_arc - 2 * sin_a * sin_b / cos2_alpha if cos2_alpha > 0 else 0.0  # 0 along the equator
        c = FLATTENING / 16 * cos2_alpha * (4 + FLATTENING * (4 - 3 * cos2_alpha))
        turn = arc + c * sin_arc * (middle + c * cos_arc * (2 * middle * middle - 1))
        before, lam = lam, across + (1 - c) * FLATTENING * sin_alpha * turn
        if abs(lam - before) < 1e-12:
            return _along(arc, sin_arc, cos_arc, middle, cos2_alpha)
    return math.nan


@compiled
def _along(arc: float, sin_arc: float, cos_arc: float, middle: float, cos2_alpha: float) -> float:
    """Metres of an arc on the auxiliary sphere; his series (3), (4) and (6)."""
    u = cos2_alpha * (EQUATOR_M * EQUATOR_M / (POLE_M * POLE_M) - 1)
    large = 1 + u / 16384 * (4096 + u * (-768 + u * (320 - 175 * u)))
    small = u / 1024 * (256 + u * (-128 + u * (74 - 47 * u)))
    twice = 2 * middle * middle - 1
    third = small / 6 * middle * (4 * sin_arc * sin_arc - 3) * (4 * middle * middle - 3)
    return POLE_M * large * (arc - small * sin_arc * (middle + small / 4 * (cos_arc * twice - third)))


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
    """Fill ``near`` [N] and list in ``open_`` those that no formula settles; returns how many."""
    count = 0
    for n in range(distance_m.size):
        most = limit[n % limit.size]
        metres = distance_m[n]
        near[n] = metres <= most
        if abs(metres - most) <= TOO_CLOSE * most + 1:
            metres = vincenty_m(lat, lon, lats[n], lons[n])
            near[n] = metres <= most
            if not abs(metres - most) > DOUBTFUL_M:  # nan too
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
