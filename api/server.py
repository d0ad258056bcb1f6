"""What each server process of `anyshelf serve` runs; apart from the command line, which need not load it."""

import os

from fastapi import FastAPI

from api import logs
from api.app import create_app
from oms.settings import from_environment


def application() -> FastAPI:
    """The application on the installation's settings. Raises BadSetting."""
    settings = from_environment(os.environ)
    logs.configure(settings)
    return create_app(settings)
