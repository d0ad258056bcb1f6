"""Distances on the globe: great circle for many points at once, geodesic for a single pair."""

from __future__ import annotations

import numpy as np
from geopy.distance import geodesic

from routing.problem import Floats

EARTH_RADIUS_M = 6_371_008.8
"""Mean radius (IUGG). A great circle on it is within 0.6 % of the WGS-84 geodesic."""


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
