"""Distances: the fast one against the exact one."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from routing.geo import EARTH_RADIUS_M, geodesic_m, great_circle_m, vincenty_m, within_into, within_m
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
@example(0.0, 179.9, 0.0, 0.2)
@example(10.0, 20.0, 0.0, 0.0)
@example(89.9, 0.0, 0.0, 60.0)
def test_vincentys_formulae_are_the_geodesic(lat: float, lon: float, north: float, east: float) -> None:
    other_lat, other_lon = max(-89.9, min(89.9, lat + north)), lon + east
    exact = geodesic_m(lat, lon, other_lat, other_lon)
    assert abs(vincenty_m(lat, lon, other_lat, other_lon) - exact) <= 0.001


@given(LATITUDES, LONGITUDES, LATITUDES, LONGITUDES)
@example(0.0, 0.0, 0.1, 179.9)
def test_they_are_it_anywhere_or_say_that_they_do_not_converge(
    lat: float, lon: float, other_lat: float, other_lon: float
) -> None:
    found = vincenty_m(lat, lon, other_lat, other_lon)
    assert math.isnan(found) or abs(found - geodesic_m(lat, lon, other_lat, other_lon)) <= 0.001


def left_open(lat: float, lon: float, radius_m: int) -> tuple[int, bool]:
    """How many of one place, seen from 0, 0, are left to the geodesic, and whether it is near."""
    lats, lons, near = np.array([lat]), np.array([lon]), np.empty(1, np.bool_)
    distance_m = great_circle_m(0.0, 0.0, lats, lons)
    count = within_into(0.0, 0.0, lats, lons, distance_m, np.array([radius_m]), near, np.empty(1, np.int64))
    return count, bool(near[0])


def test_a_metre_beside_a_radius_is_settled_without_the_geodesic_on_this_side_of_the_globe() -> None:
    exact = geodesic_m(0.0, 0.0, 0.1, 0.3)
    assert left_open(0.1, 0.3, math.floor(exact) - 1) == (0, False)
    assert left_open(0.1, 0.3, math.ceil(exact) + 1) == (0, True)
    assert left_open(0.1, 179.9, math.ceil(geodesic_m(0.0, 0.0, 0.1, 179.9)) + 1)[0] == 1


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
