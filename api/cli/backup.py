"""`anyshelf backup` and `anyshelf restore`: the whole database as one file."""

from pathlib import Path
from typing import Annotated

import typer

from api.cli.console import Json, database_url, done, print_json
from oms.adapters.dump import DumpFailed, dump, load, revision_of
from oms.refusals import Code, refuse
from oms.store.database import (
    connect,
    is_empty,
    migrate,
    renew_stamps,
    require_known,
    revisions,
    server_major,
)

app = typer.Typer()


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="The file to write; it must not exist yet.")],
    json: Json = False,
) -> None:
    """Write the whole database to FILE, consistent as of one instant, while others go on working."""
    if file.exists():
        raise refuse(Code.ALREADY_EXISTS, f"{file} exists already; choose another name")
    if not file.absolute().parent.is_dir():
        raise refuse(Code.NOT_FOUND, f"The folder {file.absolute().parent} does not exist; make it first")
    with database_url() as url:
        engine = connect(url)
        try:
            dump(url, server_major(engine), file)
        except DumpFailed as reason:
            raise refuse(Code.MALFORMED, f"Nothing was written: {reason}") from reason
        finally:
            engine.dispose()
    size = file.stat().st_size
    if json:
        print_json({"file": str(file), "bytes": size})
    else:
        done(f"{file} written, {size:,} bytes")


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A file written by `anyshelf backup`.")], json: Json = False
) -> None:
    """Read FILE into an empty database and bring it up to this release; all of it, or nothing."""
    if not file.is_file():
        raise refuse(Code.NOT_FOUND, f"{file} is not a file; name one that `anyshelf backup` wrote")
    with database_url() as url:
        engine = connect(url)
        try:
            if not is_empty(engine):
                raise refuse(
                    Code.IN_USE,
                    "The database is not empty and nothing was changed; "
                    "point ANYSHELF_DATA_DIR at a new folder or ANYSHELF_DATABASE_URL at a new database",
                )
            _require_known(url, server_major(engine), file)
            load(url, server_major(engine), file)
            migrate(url)
            renewed = renew_stamps(engine)
        except DumpFailed as reason:
            raise refuse(Code.MALFORMED, f"Nothing was restored: {reason}") from reason
        finally:
            engine.dispose()
        revision = revisions(url)[0]
    if json:
        print_json({"file": str(file), "revision": revision, "stamps_renewed": renewed})
    else:
        done(f"{file} restored, schema at revision {revision}")


def _require_known(url: str, major: int, file: Path) -> None:
    """Judge the file before anything is read in. Raises Refused, WrongServer, DumpFailed."""
    revision = revision_of(url, major, file)
    if revision is None:
        raise refuse(Code.MALFORMED, f"Nothing was restored: {file} is no backup of Anyshelf")
    require_known(revision, "backup")
