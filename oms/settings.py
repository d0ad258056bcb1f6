"""What an installation may choose, read once from the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast, get_args

LogFormat = Literal["text", "json"]
LogLevel = Literal["debug", "info", "warning", "error"]

LONGEST_MS = 3_600_000


class BadSetting(ValueError):
    """An environment variable holds something that cannot be meant; the text says what to write."""


@dataclass(frozen=True)
class Settings:
    """`database_url` is an SQLAlchemy URL, or None for the embedded server that lives under `data_dir`;
    `database_read_url` that of a replica, where there is one.
    `log_format` None: text on a terminal, JSON elsewhere. `webhook_private`: webhooks may go to private
    addresses too. `statement_timeout_ms` and `lock_timeout_ms`: how long one statement of a request may
    take, and wait for what others hold; 0: for ever. Migrations, imports and audits have no limit.
    """

    database_url: str | None
    data_dir: Path
    log_format: LogFormat | None = None
    log_level: LogLevel = "info"
    webhook_private: bool = False
    statement_timeout_ms: int = 30_000
    lock_timeout_ms: int = 10_000
    database_read_url: str | None = None


def from_environment(environ: Mapping[str, str]) -> Settings:
    """Read ANYSHELF_DATABASE_URL, _DATABASE_READ_URL, _DATA_DIR, _LOG_FORMAT, _LOG_LEVEL, _WEBHOOK_PRIVATE,
    _STATEMENT_TIMEOUT_MS and _LOCK_TIMEOUT_MS. Raises BadSetting.
    """
    directory = environ.get("ANYSHELF_DATA_DIR", "").strip()
    return Settings(
        database_url=_address(environ, "ANYSHELF_DATABASE_URL"),
        data_dir=Path(directory).expanduser().resolve() if directory else _default_data_dir(environ),
        log_format=cast("LogFormat | None", _one_of(environ, "ANYSHELF_LOG_FORMAT", get_args(LogFormat))),
        log_level=cast("LogLevel", _one_of(environ, "ANYSHELF_LOG_LEVEL", get_args(LogLevel)) or "info"),
        webhook_private=_one_of(environ, "ANYSHELF_WEBHOOK_PRIVATE", ("0", "1")) == "1",
        statement_timeout_ms=_ms(environ, "ANYSHELF_STATEMENT_TIMEOUT_MS", 30_000),
        lock_timeout_ms=_ms(environ, "ANYSHELF_LOCK_TIMEOUT_MS", 10_000),
        database_read_url=_address(environ, "ANYSHELF_DATABASE_READ_URL"),
    )


def _address(environ: Mapping[str, str], name: str) -> str | None:
    url = environ.get(name, "").strip()
    return sqlalchemy_url(url, name) if url else None


def sqlalchemy_url(url: str, name: str = "ANYSHELF_DATABASE_URL") -> str:
    """Any common spelling of a PostgreSQL address, as SQLAlchemy with psycopg wants it. Raises BadSetting."""
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in ("postgres", "postgresql", "postgresql+psycopg"):
        raise BadSetting(
            f"{name} must look like postgresql://user:password@host:5432/database; "
            "PostgreSQL is the only database Anyshelf speaks"
        )
    return f"postgresql+psycopg://{rest}"


def _one_of(environ: Mapping[str, str], name: str, known: tuple[str, ...]) -> str | None:
    value = environ.get(name, "").strip().lower()
    if value and value not in known:
        raise BadSetting(f"{name} must be one of {', '.join(known)}")
    return value or None


def _ms(environ: Mapping[str, str], name: str, usual: int) -> int:
    value = environ.get(name, "").strip()
    if value and (not value.isdecimal() or int(value) > LONGEST_MS):
        raise BadSetting(
            f"{name} must be a whole number of milliseconds up to {LONGEST_MS}; 0 means no limit"
        )
    return int(value) if value else usual


def _default_data_dir(environ: Mapping[str, str]) -> Path:
    """Root's home is closed to the account PostgreSQL runs as, so root keeps data where services do."""
    if os.geteuid() == 0:
        return Path("/var/lib/anyshelf")
    base = environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / "anyshelf"
