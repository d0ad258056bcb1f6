"""Take the README's pictures from a running server: KEY=… python -m tests.docs.pictures URL ORDER"""

from __future__ import annotations

import os
import shutil
import sys

from playwright.sync_api import sync_playwright

from tests.chromium import NAMES, QUIET
from tests.docs.blocks import ROOT

IMAGES = ROOT / "docs" / "images"
WIDTH, HEIGHT, TALL = 1280, 880, 1320


def main() -> None:
    url, order = sys.argv[1:]
    program = next(found for name in NAMES if (found := shutil.which(name)))
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=list(QUIET))
        tab = chromium.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        tab.goto(f"{url}/app/")
        tab.fill("#key", os.environ["KEY"])
        tab.click("main button")
        tab.wait_for_url("**/app/")
        tab.screenshot(path=IMAGES / "overview.png")
        tab.set_viewport_size({"width": WIDTH, "height": TALL})
        tab.goto(f"{url}/app/orders/{order}")
        tab.screenshot(path=IMAGES / "order.png")
        chromium.close()


if __name__ == "__main__":
    main()
