"""The life of the first orders, played once for each database; what it came to is kept beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from api.demo.day.books import INSPECTION, ON_THE_ROAD, gainsaid, left_at
from api.demo.day.day import Day
from api.demo.day.desk import AT_ONCE, OFFICE, Desk, Json
from api.demo.day.figures import life_of, wrong_statuses
from api.demo.day.lived import Lived
from api.demo.day.news import News
from api.demo.day.returns import wishes
from api.demo.prepare import Place
from api.demo.samples import Sample
from oms.adapters.folder import Folder

KEPT = "lived.json"
LIVED = 200
"""So many orders are played to their end; the others are only placed."""


def live(
    url: str, sample: Sample, folder: Folder, place: Place, orders: Mapping[str, Json],
    told: Callable[[str, float], None],
) -> Lived:  # fmt: skip
    """Play these orders to their end, and count; what an earlier run found is kept."""
    kept = place.settings.data_dir / KEPT
    if not place.clock.stands:
        return Lived.kept(kept)
    desk = Desk(url, place.key)
    try:
        day = Day(
            desk=desk,
            clock=place.clock,
            morning=place.morning,
            orders=dict(orders),
            nodes=folder.nodes.id.tolist(),
            wishes=wishes(sample.folder, orders),
            told=told,
        )
        day.live()
        lived = _counted(desk, day.news, place, orders)
    finally:
        desk.close()
    lived.keep(kept)
    place.clock.let_go()
    return lived


def _counted(desk: Desk, news: News, place: Place, orders: Mapping[str, Json]) -> Lived:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        shown = [one for one in pool.map(lambda id: desk.get(OFFICE, f"/v1/orders/{id}"), orders) if one]
        heads = desk.every(OFFICE, "/v1/returns")
        back = [
            one for one in pool.map(lambda head: desk.get(OFFICE, f"/v1/returns/{head['id']}"), heads) if one
        ]
    replayed = {id: folded.status for id, folded in news.orders.items()}
    with place.tools.engine.connect() as conn:
        left, units = left_at(conn, (ON_THE_ROAD, INSPECTION)), gainsaid(conn)
    return Lived(life_of(shown, back), desk.tally, wrong_statuses(shown, replayed), left, units)
