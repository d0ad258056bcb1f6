"""`anyshelf audit`: do the books agree?"""

import typer
from rich.table import Table

from api.cli.console import REFUSED, Json, done, fail, out, print_json, tools
from oms.audit import MEANING, AuditReport
from oms.audit import audit as compare

SHOWN = 100  # differences in words; --json has them all

app = typer.Typer()


@app.command()
def audit(json: Json = False) -> None:
    """Compare ledger, positions, reservations, orders and money in one snapshot.

    Exit code 1 when anything differs.
    """
    with tools() as using, using.engine.connect() as connection:
        report = compare(connection.execution_options(isolation_level="REPEATABLE READ"))
    if json:
        print_json(_document(report))
    elif report.differences:
        out.print(_table(report))
        if len(report.differences) > SHOWN:
            out.print(
                f"… and {len(report.differences) - SHOWN:,} more: `anyshelf audit --json` lists them all"
            )
        for kind in report.by_kind():
            out.print(f"{kind}: {MEANING[kind]}", soft_wrap=True)
    counts = {
        "movements": report.movements,
        "positions": report.positions,
        "reservations": report.reservations,
        "orders": report.orders,
        "payments": report.payments,
    }
    sizes = ", ".join(f"{count:,} {what}" for what, count in counts.items())
    if not report.agrees:
        fail(f"{len(report.differences):,} differences in {sizes}")
        raise typer.Exit(REFUSED)
    if not json:
        done(f"No difference in {sizes}")


def _table(report: AuditReport) -> Table:
    table = Table("kind", "node", "SKU", "subject", "expected", "found")
    for one in report.differences[:SHOWN]:
        table.add_row(one.kind, one.node, one.sku, one.subject, str(one.expected), str(one.found))
    return table


def _document(report: AuditReport) -> dict[str, object]:
    return {
        "as_of": report.as_of,
        "movements": report.movements,
        "positions": report.positions,
        "reservations": report.reservations,
        "orders": report.orders,
        "payments": report.payments,
        "differences": [
            {
                "kind": one.kind.value,
                "node": one.node,
                "sku": one.sku,
                "subject": one.subject,
                "expected": one.expected,
                "found": one.found,
            }
            for one in report.differences
        ],
    }
