"""`anyshelf route`: the cheapest plan for a problem in a file, no database; or a stored decision again."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli.console import REFUSED, USAGE, Json, fail, print_json, tools
from oms.adapters.clock import elapsed_s
from oms.usecases.decisions import one_explained
from routing.explain import explain
from routing.files import Malformed, plan_to_json, problem_from_json, read_documents
from routing.problem import Problem
from routing.route import route as solve
from routing.warm import warm_up

app = typer.Typer()


@app.command()
def route(
    file: Annotated[
        str | None, typer.Argument(help="A problem as JSON, or one a line; - reads standard input.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Chance for the largest problems only.")] = 0,
    decision: Annotated[
        str | None, typer.Option(help="Compute this stored decision again, to the last bit, and explain it.")
    ] = None,
    json: Json = False,
) -> None:
    """Print the cheapest plan for each problem in FILE, a line of JSON each, with or without --json.

    All problems are read before the first is solved. Exit code 1 when one has no plan or cannot be read.
    """
    if (file is None) == (decision is None):
        fail("Name a FILE, or a stored decision with --decision; - reads standard input")
        raise typer.Exit(USAGE)
    warm_up()
    if decision is not None:
        again = _recompute(decision)
        print_json(again)
        if not again["recomputed"]:
            fail("The engine of this release comes to another plan from the same inputs")
            raise typer.Exit(REFUSED)
        return
    assert file is not None, "one of the two is named"
    lacking = False
    for problem in _problems(text_of(file)):
        began = elapsed_s()
        plan = solve(problem, seed=seed)
        elapsed_us = round((elapsed_s() - began) * 1e6)
        print_json(plan_to_json(problem, plan, explain(problem, plan), elapsed_us))
        lacking |= not plan.status.has_plan
    if lacking:
        raise typer.Exit(REFUSED)


def _recompute(decision: str) -> dict[str, Any]:
    with tools() as using, using.engine.connect() as connection:
        return one_explained(connection, decision)


def text_of(file: str) -> str:
    """The file, or standard input for -; ends the command where it cannot be read."""
    try:
        return (sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()).decode()
    except UnicodeDecodeError as error:
        name = "Standard input" if file == "-" else file
        fail(f"{name} is not UTF-8 at byte {error.start + 1}; save it so")
        raise typer.Exit(REFUSED) from error
    except OSError as error:
        fail(f"{file} cannot be read: {error.strerror}")
        raise typer.Exit(USAGE) from error


def _problems(text: str) -> list[Problem]:
    problems: list[Problem] = []
    documents: list[object] = []
    try:
        documents = read_documents(text)
        problems.extend(problem_from_json(document) for document in documents)
    except Malformed as fault:
        where = f"problem {len(problems) + 1}, " if documents else ""
        fail(f"{where}{fault}")
        raise typer.Exit(REFUSED) from fault
    return problems
