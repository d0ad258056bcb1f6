"""Whole databases to files and back, with PostgreSQL's own programs."""

import os
import shutil
import subprocess
from pathlib import Path

from sqlalchemy import make_url

from oms.adapters.postgres_home import MAJOR, DatabaseUnavailable, wheel_programs

END_OF_COPY = "\\."


class DumpFailed(RuntimeError):
    """PostgreSQL's program said no; the text is its last line."""


def dump(url: str, server_major: int, file: Path) -> None:
    """Write the database to `file` in pg_dump's custom format; the file appears only when complete."""
    draft = file.with_name(f".{file.name}.part")
    options = ("--format=custom", "--no-owner", "--no-privileges")
    try:
        _run(url, server_major, "pg_dump", *options, f"--file={draft}")
        draft.rename(file)
    finally:
        draft.unlink(missing_ok=True)


def revision_of(url: str, server_major: int, file: Path) -> str | None:
    """The schema's revision in a dump; None where it says none. Nothing is written. Raises DumpFailed."""
    options = ("--data-only", "--table=alembic_version", "--file=-")
    script = iter(_run(url, server_major, "pg_restore", *options, str(file)).splitlines())
    if not any(line.startswith("COPY ") for line in script):
        return None
    row = next(script, END_OF_COPY)
    return None if row == END_OF_COPY else row


def load(url: str, server_major: int, file: Path) -> None:
    """Read a dump into an empty database, all of it or nothing."""
    options = ("--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges")
    database = str(make_url(url).database)
    _run(url, server_major, "pg_restore", *options, f"--dbname={database}", str(file))


def _run(url: str, server_major: int, program: str, *arguments: str) -> str:
    """What the program said. The address goes by environment: a command line can be read by everybody on the
    machine.
    """
    address = make_url(url)
    parts = {
        "PGHOST": address.host or address.query.get("host"),
        "PGPORT": address.port or address.query.get("port"),
        "PGUSER": address.username,
        "PGPASSWORD": address.password,
        "PGDATABASE": address.database,
        "PGSSLMODE": address.query.get("sslmode"),
    }
    environment = os.environ | {name: str(value) for name, value in parts.items() if value is not None}
    command = [str(_program(program, server_major)), *arguments]
    ran = subprocess.run(  # noqa: S603 - PostgreSQL's own programs, no shell
        command, env=environment, capture_output=True, text=True, check=False
    )
    if ran.returncode != 0:
        lines = ran.stderr.strip().splitlines() or [f"exit code {ran.returncode}"]
        raise DumpFailed(f"{program} said: {lines[0]}")
    return ran.stdout


def _program(name: str, server_major: int) -> Path:
    """The program of the server's own release: older ones refuse it, newer ones say what it cannot read."""
    if server_major == MAJOR:
        return wheel_programs() / name
    found = shutil.which(name, path=f"/usr/lib/postgresql/{server_major}/bin:{os.environ.get('PATH', '')}")
    if found is None:
        raise DatabaseUnavailable(
            f"The server is PostgreSQL {server_major}: install its client programs "
            f"(Debian: postgresql-client-{server_major})"
        )
    return Path(found)
