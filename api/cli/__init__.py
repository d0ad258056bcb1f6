"""The command line: `anyshelf COMMAND`. One module per group of commands, assembled here."""

import signal
import sys

import typer
from sqlalchemy.exc import OperationalError

from api.cli import (
    audit,
    backup,
    demo,
    exchange,
    failing,
    keys,
    migrate,
    policy,
    replay,
    route,
    safety_stock,
    serve,
    sweep,
    wave,
    work,
)
from api.cli.console import TERMINATED, UNAVAILABLE, USAGE, end, fail
from oms.adapters.postgres_home import DatabaseUnavailable
from oms.refusals import Refused
from oms.settings import BadSetting
from oms.store.database import WrongServer

GROUPS = (
    serve.app,
    work.app,
    demo.app,
    route.app,
    wave.app,
    replay.app,
    sweep.app,
    policy.app,
    audit.app,
    failing.app,
    safety_stock.app,
    migrate.app,
    backup.app,
    exchange.app,
    keys.app,
)

app = typer.Typer(
    name="anyshelf",
    help="Sell from any shelf: one pool of stock, the cheapest plan that keeps the promise, and the proof.",
    epilog="ANYSHELF_DATABASE_URL chooses a PostgreSQL server (15 or newer); without it, one runs by itself "
    "under ANYSHELF_DATA_DIR. Exit codes: 0 done, 1 refused or a negative finding, 2 wrong usage, "
    "3 something needed is unavailable.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for group in GROUPS:
    app.add_typer(group)


def main() -> None:
    """Run a command; expected failures end in one sentence and an exit code, never in a traceback."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))  # so that blocks are left in order
    try:
        app()
    except Refused as refused:
        sys.exit(end(refused))
    except BadSetting as mistake:
        fail(mistake)
        sys.exit(USAGE)
    except (DatabaseUnavailable, WrongServer) as trouble:
        fail(trouble)
        sys.exit(UNAVAILABLE)
    except OperationalError as trouble:
        reason = str(trouble.orig).strip().splitlines()[0]
        fail(f"The database does not answer ({reason}); start it, or correct ANYSHELF_DATABASE_URL")
        sys.exit(UNAVAILABLE)
    except BrokenPipeError:  # the reader has seen enough: `anyshelf … | head`
        sys.stderr.close()
        sys.exit(0)
