"""What each server process of `anyshelf serve` runs; apart from the command line, which need not load it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from api.loading import undisturbed

if TYPE_CHECKING:
    from fastapi import FastAPI


def application() -> FastAPI:
    """The application on the installation's settings. Raises BadSetting."""
    with undisturbed():
        from api import logs
        from api.app import create_app
        from oms.settings import from_environment
    settings = from_environment(os.environ)
    logs.configure(settings)
    return create_app(settings)
