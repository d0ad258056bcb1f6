"""`anyshelf migrate`: bring the database's schema up to date."""

from typing import Annotated

import typer

from api.cli.console import REFUSED, Json, database_url, done, fail, print_json
from oms.store.database import migrate as bring_up_to_date
from oms.store.database import revisions

app = typer.Typer()


@app.command()
def migrate(
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; exit 1 when the schema is not up to date.")
    ] = False,
    json: Json = False,
) -> None:
    """Bring the database's schema up to date, from empty or from any earlier release."""
    with database_url() as url:
        before, wanted = revisions(url)
        if not check:
            bring_up_to_date(url)
        found = revisions(url)[0]
    if json:
        print_json({"before": before, "revision": found, "newest": wanted, "up_to_date": found == wanted})
    if found != wanted:
        fail(f"The schema is at revision {found or 'none'}, not {wanted}; run `anyshelf migrate`")
        raise typer.Exit(REFUSED)
    if not json:
        done(f"Schema at revision {found}" + ("" if before == found else f" (was {before or 'empty'})"))
