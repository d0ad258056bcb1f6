"""One sample from its files to its summary, the server left running for whoever wants to look around.

Weeks of orders arrive within minutes here, all in one early morning two weeks ago. Nodes keep their daily
limits, so when a day is full an order is promised for a later one; what it costs is the same, as the demo's
policy sets no price on time. Then the clock's hand is moved, and the first orders are played to their end.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from api.cli.compiling import compile_engine
from api.cli.console import err
from api.cli.progress import progress_bar
from api.demo.compare import others
from api.demo.day.lived import Lived
from api.demo.day.play import LIVED, live
from api.demo.figures import outcome, placed_ids
from api.demo.play import Answers, Body, Wanted, bodies, play
from api.demo.prepare import Place, prepared
from api.demo.samples import PICK_LEAD_MINUTES, Sample
from api.demo.server import serving
from api.demo.summary import Summary
from oms.adapters.clock import elapsed_s
from oms.adapters.folder import Folder, read_folder
from oms.audit import audit

LOG = "server.log"


@dataclass(frozen=True, slots=True)
class Run:
    """A sample that has been played, and the server it was played on."""

    sample: Sample
    folder: Folder
    place: Place
    url: str
    orders: dict[str, Body]
    summary: Summary

    def client(self) -> httpx.Client:
        """A client with the demo's key."""
        return client(self.url, self.place.key)


def client(url: str, key: str) -> httpx.Client:
    """A client that shows `key`."""
    return httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=60)


@contextmanager
def running(sample: Sample, count: int | None, port: int | None) -> Iterator[Run]:
    """Prepare, serve and play `count` orders of the sample, all for None; the server runs for the block.
    Raises Refused."""
    began_s = elapsed_s()
    folder = read_folder(sample.folder)
    orders = bodies(folder, count)
    err.print(f"[bold]{sample.title}[/]: preparing the database …", highlight=False)
    with prepared(sample, folder) as place:
        ready_s = elapsed_s()
        compile_engine()
        err.print("Starting the server …")
        with serving(place.environ, port, place.settings.data_dir / LOG, place.clock.path) as url:
            served_s = elapsed_s()
            with client(url, place.key) as http:
                _dress(http, sample, folder)
            summary = _played(sample, folder, place, url, orders)
            times = {
                "prepare": ready_s - began_s,
                "start_server": served_s - ready_s,
                "play": summary.answers.seconds,
                "all": elapsed_s() - began_s,
            }
            summary.seconds.update(times)
            yield Run(sample, folder, place, url, orders, summary)


def _dress(http: httpx.Client, sample: Sample, folder: Folder) -> None:
    """What the sources do not say: customers' prices, what a courier costs, how long picking takes."""
    policy = sample.policy(folder.network.unfilled_penalty_minor)
    stored = http.get("/v1/policy").raise_for_status().json()["body"]
    if any(stored.get(name) != value for name, value in policy.items()):
        http.put("/v1/policy", json=policy).raise_for_status()
    for node in http.get("/v1/nodes", params={"limit": 200}).raise_for_status().json()["items"]:
        if "courier" in node["methods"] and not node["courier_minor"]:
            id = node.pop("id")
            body = {name: value for name, value in node.items() if name != "version"}
            body |= {"courier_minor": sample.trip_minor, "pick_lead_minutes": PICK_LEAD_MINUTES}
            http.put(f"/v1/nodes/{id}", json=body).raise_for_status()


def _played(sample: Sample, folder: Folder, place: Place, url: str, orders: dict[str, Body]) -> Summary:
    if "played" not in place.note:
        place.keep(played=str(len(orders)))
    before = int(place.note["played"])
    lived_ids = frozenset(list(bodies(folder, before))[:LIVED])
    first = dict(list(orders.items())[:before])
    answers = _place(place, url, first, lived_ids)
    with place.tools.engine.connect() as conn:
        found = outcome(conn, folder, first)
    there = _there(place)
    lived, lived_s = _live(
        sample, folder, place, url, {id: first[id] for id in first if id in lived_ids & there}
    )
    if len(orders) > len(first):  # they come after the day, so they are not compared
        answers = answers.and_then(_place(place, url, orders, lived_ids))
    with place.tools.engine.connect() as conn:
        report = audit(conn)
    return Summary(
        sample=sample.id,
        currency=folder.network.currency,
        unfilled_penalty_minor=folder.network.unfilled_penalty_minor,
        reused=place.reused,
        orders=len(orders),
        placed=len(_there(place) & orders.keys()),
        answers=answers,
        outcome=found,
        others=others(folder, len(first)),
        lived=lived,
        whole=len(first) == len(folder.orders.id),
        audit=report,
        seconds={"days_after": lived_s},
    )


def _there(place: Place) -> set[str]:
    with place.tools.engine.connect() as conn:
        return placed_ids(conn)


def _place(place: Place, url: str, orders: dict[str, Body], lived: frozenset[str]) -> Answers:
    there = _there(place) & orders.keys()
    with progress_bar() as bar:
        task = bar.add_task("orders", total=len(orders), completed=len(there))
        wanted = Wanted(orders, there, lived)
        return play(url, place.key, wanted, lambda sent: bar.update(task, completed=len(there) + sent))


def _live(
    sample: Sample, folder: Folder, place: Place, url: str, orders: dict[str, Body]
) -> tuple[Lived, float]:
    began_s = elapsed_s()
    with progress_bar() as bar:
        task = bar.add_task("the days after", total=1.0)

        def told(what: str, share: float) -> None:
            bar.update(task, description=f"the days after: {what}", completed=share)

        lived = live(url, sample, folder, place, orders, told)
        bar.update(task, description="the days after", completed=1.0)
    return lived, elapsed_s() - began_s
