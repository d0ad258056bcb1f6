"""What the demo's own server processes run: the product on a clock that the demo moves by hand."""

import os
from pathlib import Path

from fastapi import FastAPI

from api.app import create_app
from oms.adapters.clock import HandClock
from oms.settings import from_environment

HAND = "ANYSHELF_DEMO_CLOCK"
"""Names the file of the clock's hand. Only this program reads it; `anyshelf serve` does not."""


def application() -> FastAPI:
    """The application on the installation's settings and the demo's clock. Raises BadSetting."""
    return create_app(from_environment(os.environ), HandClock(Path(os.environ[HAND])))
