"""Distances: the fast one against the exact one."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from routing.geo import EARTH_RADIUS_M, NEARLY, geodesic_m, great_circle_m, lambert_m, within_m
from routing.warm import warm_up

warm_up()  # compiling takes longer than a test may

LATITUDES = st.floats(-89.9, 89.9)
LONGITUDES = st.floats(-180, 180)


@given(LATITUDES, LONGITUDES, LATITUDES, LONGITUDES)
def test_the_great_circle_stays_within_its_error_of_the_geodesic(
    lat: float, lon: float, other_lat: float, other_lon: float
) -> None:
    fast = great_circle_m(lat, lon, np.array([other_lat]), np.array([other_lon]))[0]
    exact = geodesic_m(lat, lon, other_lat, other_lon)
    assert abs(fast - exact) <= 0.006 * exact + 1.0


@given(LATITUDES, LONGITUDES, st.floats(-50, 50), st.floats(-60, 60))
def test_lamberts_formula_is_nearly_the_geodesic(lat: float, lon: float, north: float, east: float) -> None:
    other_lat, other_lon = max(-89.9, min(89.9, lat + north)), lon + east
    exact = geodesic_m(lat, lon, other_lat, other_lon)
    assert abs(lambert_m(lat, lon, other_lat, other_lon) - exact) <= NEARLY / 2 * exact + 0.05


def test_known_distances() -> None:
    london, paris = (51.5074, -0.1278), (48.8566, 2.3522)
    assert abs(geodesic_m(*london, *paris) - 343_900) < 1_000
    assert great_circle_m(*london, np.array([london[0]]), np.array([london[1]]))[0] == 0.0
    half = great_circle_m(0.0, 0.0, np.array([0.0]), np.array([180.0]))[0]
    assert np.isclose(half, np.pi * EARTH_RADIUS_M)


def test_many_at_once_are_the_same_as_one_by_one() -> None:
    lats, lons = np.linspace(-80, 80, 50), np.linspace(-170, 170, 50)
    together = great_circle_m(10.0, 20.0, lats, lons)
    apart = [great_circle_m(10.0, 20.0, lats[i : i + 1], lons[i : i + 1])[0] for i in range(len(lats))]
    assert np.array_equal(together, np.array(apart))


@given(LATITUDES, LONGITUDES, LATITUDES, LONGITUDES, st.floats(0.99, 1.01))
def test_next_to_a_radius_the_geodesic_decides(
    lat: float, lon: float, other_lat: float, other_lon: float, share: float
) -> None:
    exact = geodesic_m(lat, lon, other_lat, other_lon)
    radius = round(exact * share)
    lats, lons = np.array([other_lat, np.nan]), np.array([other_lon, np.nan])
    distance_m = great_circle_m(lat, lon, lats, lons)
    assert within_m(lat, lon, lats, lons, distance_m, radius).tolist() == [exact <= radius, False]
    each = np.array([radius, radius])
    assert within_m(lat, lon, lats, lons, distance_m, each).tolist() == [exact <= radius, False]
