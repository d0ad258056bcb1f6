"""The command line: `anyshelf COMMAND`. One module per group of commands, assembled here.

Everything together takes seconds to import, most of them for the server and the demo: so only the module of
the command that was asked for is; all of them for help and for what is no command.
"""

import signal
import sys
from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Any

import typer
from sqlalchemy.exc import OperationalError

from api.cli.console import TERMINATED, UNAVAILABLE, USAGE, end, fail
from api.loading import undisturbed
from oms.adapters.postgres_home import DatabaseUnavailable
from oms.refusals import Refused
from oms.settings import BadSetting
from oms.store.database import WrongServer
from oms.store.migrating import StillInUse

MODULES: Mapping[str, str] = {
    "serve": "serve",
    "work": "work",
    "demo": "demo",
    "route": "route",
    "wave": "wave",
    "replay": "replay",
    "sweep": "sweep",
    "policy": "policy",
    "audit": "audit",
    "failing": "failing",
    "safety-stock": "safety_stock",
    "migrate": "migrate",
    "backup": "backup",
    "restore": "backup",
    "import": "exchange",
    "export": "exchange",
    "keys": "keys",
}
"""Which module has a command, in the order of the help."""


def assembled(commands: Iterable[str]) -> typer.Typer:
    """The command line with these commands and those that share their modules."""
    whole = typer.Typer(
        name="anyshelf",
        help="Sell from any shelf: one pool of stock, the cheapest plan that keeps the promise, and the "
        "proof.",
        epilog="ANYSHELF_DATABASE_URL chooses a PostgreSQL server (15 or newer); without it, one runs by "
        "itself under ANYSHELF_DATA_DIR. Exit codes: 0 done, 1 refused or a negative finding, 2 wrong usage, "
        "3 something needed is unavailable.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        callback=_anyshelf,
    )
    with undisturbed():
        loaded = [import_module(f"api.cli.{one}") for one in dict.fromkeys(MODULES[c] for c in commands)]
    for module in loaded:
        whole.add_typer(module.app)
    return whole


def _anyshelf() -> None:
    """With a callback a single command keeps its name."""


def __getattr__(name: str) -> Any:
    """``app``: all commands."""
    if name == "app":
        return assembled(MODULES)
    raise AttributeError(name)


def main() -> None:
    """Run a command; expected failures end in one sentence and an exit code, never in a traceback."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))  # so that blocks are left in order
    asked = sys.argv[1] if len(sys.argv) > 1 else ""
    try:
        assembled([asked] if asked in MODULES else MODULES)()
    except Refused as refused:
        sys.exit(end(refused))
    except BadSetting as mistake:
        fail(mistake)
        sys.exit(USAGE)
    except (DatabaseUnavailable, WrongServer, StillInUse) as trouble:
        fail(trouble)
        sys.exit(UNAVAILABLE)
    except OperationalError as trouble:
        reason = str(trouble.orig).strip().splitlines()[0]
        fail(f"The database does not answer ({reason}); start it, or correct ANYSHELF_DATABASE_URL")
        sys.exit(UNAVAILABLE)
    except BrokenPipeError:  # the reader has seen enough: `anyshelf … | head`
        sys.stderr.close()
        sys.exit(0)
