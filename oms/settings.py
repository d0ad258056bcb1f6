"""What an installation may choose, read once from the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


class BadSetting(ValueError):
    """An environment variable holds something that cannot be meant; the text says what to write."""


@dataclass(frozen=True)
class Settings:
    """`database_url` is an SQLAlchemy URL, or None for the embedded server that lives under `data_dir`."""

    database_url: str | None
    data_dir: Path


def from_environment(environ: Mapping[str, str]) -> Settings:
    """Read ANYSHELF_DATABASE_URL and ANYSHELF_DATA_DIR. Raises BadSetting."""
    url = environ.get("ANYSHELF_DATABASE_URL", "").strip()
    directory = environ.get("ANYSHELF_DATA_DIR", "").strip()
    return Settings(
        database_url=sqlalchemy_url(url) if url else None,
        data_dir=Path(directory).expanduser().resolve() if directory else _default_data_dir(environ),
    )


def sqlalchemy_url(url: str) -> str:
    """Any common spelling of a PostgreSQL address, as SQLAlchemy with psycopg wants it. Raises BadSetting."""
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in ("postgres", "postgresql", "postgresql+psycopg"):
        raise BadSetting(
            "ANYSHELF_DATABASE_URL must look like postgresql://user:password@host:5432/database; "
            "PostgreSQL is the only database Anyshelf speaks"
        )
    return f"postgresql+psycopg://{rest}"


def _default_data_dir(environ: Mapping[str, str]) -> Path:
    """Root's home is closed to the account PostgreSQL runs as, so root keeps data where services do."""
    if os.geteuid() == 0:
        return Path("/var/lib/anyshelf")
    base = environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / "anyshelf"
