"""`anyshelf keys`: who may call the API, and how far their say reaches."""

import re
from datetime import timedelta
from typing import Annotated

import typer
from rich.table import Column, Table

from api.cli.console import Json, done, err, out, print_json, tools
from oms.actors import GRANTS, SYSTEM, Role
from oms.store.keys import ApiKey
from oms.usecases.keys import (
    LONGEST_OVERLAP_S,
    NewKey,
    create_key,
    list_keys,
    revoke_key,
    rotate_key,
)
from oms.work import transact

app = typer.Typer(
    name="keys", help="Make, list, rotate and revoke the keys of the API.", no_args_is_help=True
)

UNITS_S = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


@app.command()
def create(
    role: Annotated[Role, typer.Option(help="What the key is for.")],
    name: Annotated[str, typer.Option(help="Whose it is, for the list.")] = "",
    channel: Annotated[list[str] | None, typer.Option(help="Only these channels; may be repeated.")] = None,
    node: Annotated[list[str] | None, typer.Option(help="Only these nodes; may be repeated.")] = None,
    grant: Annotated[
        list[str] | None,
        typer.Option(help=f"What a storefront sees besides: {', '.join(sorted(GRANTS))}."),
    ] = None,
    rate: Annotated[int | None, typer.Option(min=1, help="Requests a minute, if not the usual.")] = None,
    json: Json = False,
) -> None:
    """Make a key and print it. It is kept only as a hash: this is the one time it can be read."""
    unknown = sorted(set(grant or ()) - GRANTS)
    if unknown:
        raise typer.BadParameter(f"{unknown[0]} is none of {', '.join(sorted(GRANTS))}", param_hint="--grant")
    with tools() as using:
        made = transact(
            using,
            SYSTEM,
            lambda work: create_key(
                work,
                name=name or role.value,
                role=role,
                channels=channel,
                nodes=node,
                grants=grant or (),
                rate_per_minute=rate,
            ),
        )
    _print_secret(made, json)


@app.command("list")
def list_(json: Json = False) -> None:
    """List all keys, without their secrets, which nobody has."""
    keys: list[ApiKey] = []
    with tools() as using, using.engine.connect() as connection:
        while page := list_keys(connection, after=keys[-1].id if keys else ""):
            keys += page
    if json:
        print_json({"keys": [_document(key) for key in keys]})
        return
    table = Table(Column("id", min_width=28), "name", "role", "channels", "nodes", "made", "ends")
    for key in keys:
        scope = [", ".join(sorted(part)) if part is not None else "all" for part in (key.channels, key.nodes)]
        table.add_row(key.id, key.name, key.role.value, *scope, f"{key.created_at:%Y-%m-%d %H:%M}", _end(key))
    out.print(table)


@app.command()
def rotate(
    key_id: Annotated[str, typer.Argument(help="The id, as `anyshelf keys list` shows it.")],
    overlap: Annotated[
        str,
        typer.Option(help="How long the secret before opens it too: 30m, 24h, 7d at most; 0: no longer."),
    ] = "24h",
    json: Json = False,
) -> None:
    """Give a key another secret and print it, this one time. The key stays what it is, with all it holds."""
    lasting = _lasting(overlap)
    with tools() as using:
        made = transact(using, SYSTEM, lambda work: rotate_key(work, key_id, lasting))
    _print_secret(made, json)
    if not json and made.key.old_secret_until is None:
        err.print("The secret before opens nothing any more, and sessions signed in with it have ended.")
    elif not json:
        err.print(f"Former secrets open the key until {made.key.old_secret_until:%Y-%m-%d %H:%M} UTC.")


@app.command()
def revoke(
    key_id: Annotated[str, typer.Argument(help="The id, as `anyshelf keys list` shows it.")],
    json: Json = False,
) -> None:
    """End a key; every server process refuses it within a second."""
    with tools() as using:
        transact(using, SYSTEM, lambda work: revoke_key(work, key_id))
    if json:
        print_json({"id": key_id, "revoked": True})
    else:
        done(f"{key_id} is revoked")


def _print_secret(made: NewKey, json: bool) -> None:
    if json:
        print_json(_document(made.key) | {"key": made.secret})
    else:
        out.print(made.secret, highlight=False, soft_wrap=True)
        err.print("Keep it now, it is not shown again. Send it as: Authorization: Bearer KEY")


def _lasting(said: str) -> timedelta:
    """A number with s, m, h or d after it; a bare 0 too. Raises typer.BadParameter."""
    found = re.fullmatch(r"([0-9]{1,7})([smhd])|0", said.strip())
    seconds = int(found[1]) * UNITS_S[found[2]] if found and found[1] else 0
    if found is None or seconds > LONGEST_OVERLAP_S:
        raise typer.BadParameter("write 90s, 30m, 24h or 7d, 7d at most, or 0", param_hint="--overlap")
    return timedelta(seconds=seconds)


def _end(key: ApiKey) -> str:
    """When a key opens nothing any more, or its former secrets no longer do."""
    if key.revoked_at:
        return f"revoked {key.revoked_at:%Y-%m-%d %H:%M}"
    return f"old secret {key.old_secret_until:%Y-%m-%d %H:%M}" if key.old_secret_until else ""


def _document(key: ApiKey) -> dict[str, object]:
    return {
        "id": key.id,
        "name": key.name,
        "role": key.role.value,
        "channels": None if key.channels is None else sorted(key.channels),
        "nodes": None if key.nodes is None else sorted(key.nodes),
        "grants": sorted(key.grants),
        "rate_per_minute": key.rate_per_minute,
        "created_at": key.created_at,
        "revoked_at": key.revoked_at,
        "old_secret_until": key.old_secret_until,
    }
