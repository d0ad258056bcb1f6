"""`anyshelf policy`: the weights that orders are routed by, and how to take over those of a sweep."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from api.cli.console import REFUSED, USAGE, Json, done, err, fail, out, print_json, tools
from oms.actors import SYSTEM
from oms.usecases.network import UNFELT, current_policy, install_weights
from oms.work import transact

app = typer.Typer(
    name="policy", help="Show the weights of routing, install those of a sweep.", no_args_is_help=True
)


@app.command()
def show(json: Json = False) -> None:
    """Print the weights that orders are routed by today."""
    with tools() as using, using.engine.connect() as connection:
        stored = current_policy(connection)
    _say(stored.body, stored.version, json)


@app.command()
def install(
    file: Annotated[Path, typer.Argument(help="What `anyshelf sweep --out` wrote.")],
    name: Annotated[str, typer.Argument(help="The variant, as the sweep names it.")],
    json: Json = False,
) -> None:
    """Route from now on by the weights of variant NAME in FILE; the other weights stay.

    Running servers follow within a second. Every decision names the version of the policy it was made by.
    """
    weights, currency = _weights(file, name)
    with tools() as using:
        stored = transact(using, SYSTEM, lambda work: install_weights(work, weights, currency))
    _say(stored.body, stored.version, json)
    unfelt = [f"{key} = {stored.body[key]}" for key in UNFELT if stored.body.get(key)]
    if unfelt:
        err.print(f"Kept, and not felt in the sweep: {', '.join(unfelt)}", highlight=False, soft_wrap=True)
    if not json:
        done(f"{name} is installed: policy version {stored.version}")


def _weights(file: Path, name: str) -> tuple[Mapping[str, float], str]:
    """The weights of a variant and the currency they are in."""
    try:
        said = orjson.loads(file.read_bytes())
        by_name = {str(one["policy"]): one["install"] for one in said["variants"]}
        currency = str(said["currency"])
    except (OSError, ValueError, KeyError, TypeError):
        by_name, currency = {}, ""
    if not currency or not all(one is None or isinstance(one, dict) for one in by_name.values()):
        fail(f"{file} is not what `anyshelf sweep --out` writes")
        raise typer.Exit(USAGE)
    if name not in by_name:
        fail(f"{file} has no {name}; it has {', '.join(by_name)}")
        raise typer.Exit(USAGE)
    weights: Mapping[str, float] | None = by_name[name]
    if weights is None:
        fail(f"{name} is a rule to compare with; the product routes by cost: cheapest, sparing, lookahead")
        raise typer.Exit(REFUSED)
    return weights, currency


def _say(body: Mapping[str, Any], version: int, json: bool) -> None:
    if json:
        print_json({"version": version, "policy": body})
        return
    for key, value in body.items():
        if key not in ("price_rules", "version"):
            out.print(f"{key} = {value}", highlight=False, soft_wrap=True)
