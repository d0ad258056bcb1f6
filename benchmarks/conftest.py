"""Benchmarks get the same throwaway server and clean databases as the tests."""

from tests.conftest import (
    cleaner,
    database_url,
    engine,
    fresh_database,
    pytest_configure,
    server_url,
    template,
)

__all__ = [
    "cleaner",
    "database_url",
    "engine",
    "fresh_database",
    "pytest_configure",
    "server_url",
    "template",
]
