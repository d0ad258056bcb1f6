"""A real server on loopback and a real Chromium from the distribution."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, Page
from sqlalchemy import Engine

from api.app import create_app
from oms.actors import SYSTEM
from oms.adapters.folder import read_folder
from oms.bootstrap import Runtime, start
from oms.settings import Settings
from oms.usecases.imports import import_folder
from tests.api.conftest import make_key
from tests.browser.house import House
from tests.checkout.conftest import Shop
from tests.checkout.conftest import shop as shop

UK = Path(__file__).parents[2] / "samples" / "uk_retailer"


@dataclass(frozen=True)
class Site:
    """A running server with the UK sample on its shelves, and an admin's key to it."""

    url: str
    key: str
    running: Runtime


@contextmanager
def served(running: Runtime) -> Iterator[str]:
    """The address of a server on this process, for as long as the block lasts."""
    server = uvicorn.Server(
        uvicorn.Config(create_app(running), host="127.0.0.1", port=0, log_level="warning")
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)


@pytest.fixture
def site(engine: Engine, database_url: str, tmp_path: Path) -> Iterator[Site]:
    running = start(Settings(database_url=database_url, data_dir=tmp_path))
    import_folder(running, SYSTEM, read_folder(UK), lambda what, done, total: None)
    with served(running) as url:
        yield Site(url, make_key(running), running)
    running.close()


@pytest.fixture
def house(shop: Shop, browser: Browser) -> Iterator[House]:
    """The small world, served; its books are audited afterwards."""
    with served(shop.runtime) as url:
        yield House(shop, url, browser)
        for window in browser.contexts:
            window.close()


@pytest.fixture(params=[(1280, 900), (360, 740)], ids=["desktop", "phone"])
def tab(request: pytest.FixtureRequest, browser: Browser, site: Site) -> Iterator[Page]:
    """A fresh window at desktop and at phone width, in which no page may complain or be too wide."""
    width, height = request.param
    window = browser.new_context(viewport={"width": width, "height": height}, base_url=site.url)
    page = window.new_page()
    said: list[str] = []
    refused = "Failed to load resource"  # Chromium's note on any 4xx, which some tests are after
    page.on("console", lambda told: None if told.text.startswith(refused) else said.append(told.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("response", lambda got: said.append(got.url) if got.status >= 500 else None)
    yield page
    page.wait_for_load_state("load")  # a page is measured with its stylesheets
    assert said == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    window.close()
