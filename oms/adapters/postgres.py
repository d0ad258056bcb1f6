"""The embedded PostgreSQL: started by the first process that needs it, shared by all, stopped after the last.

Who needs it is told by the kernel: each process holds a shared `flock` on one file (a lease), so a killed
client is forgotten by itself. Starting and stopping happen under a second, exclusive lock (control). A small
warden process stands by while there are leases: it restarts a server that died and stops one whose clients
were all killed.
"""

import fcntl
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO
from urllib.parse import quote

from oms.adapters.postgres_home import MAJOR, SOCKET_NAME, DatabaseUnavailable, Home, find_home
from oms.settings import Settings

ROLE = "anyshelf"
DATABASE = "postgres"  # initdb makes it; the whole server is ours
START_SECONDS = 120.0  # crash recovery of a large database included
CONTROL, LEASE = "control.lock", "lease.lock"
MEGABYTE = 1 << 20


class Embedded:
    """The server of one data directory: `with Embedded(path) as server: server.url()` holds a lease.

    With `durable` off (throwaway databases only) a new cluster skips fsync. Raises DatabaseUnavailable.
    """

    def __init__(self, data: Path, *, durable: bool = True) -> None:
        self._data = data
        self._durable = durable
        self._lease: IO[str] | None = None
        self._home: Home | None = None

    def __enter__(self) -> "Embedded":
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def open(self) -> None:
        """Take a lease and see to it that the server answers."""
        assert self._lease is None, "already open"
        _make_folder(self._data)
        with control(self._data):
            self._home = find_home(self._data)
            lease = lease_file(self._data)
            fcntl.flock(lease, fcntl.LOCK_SH)
            try:
                _make_cluster(self._home, self._durable)
                ensure_running(self._home)
            except BaseException:
                lease.close()
                raise
            self._lease = lease
        _call_warden(self._data)

    def close(self) -> None:
        """Give the lease back; the last one out stops the server."""
        if self._lease is None:
            return
        with control(self._data):
            self._lease.close()
            self._lease = None
            if unused(self._data):
                stop(self.home)

    @property
    def home(self) -> Home:
        assert self._home is not None, "not open"
        return self._home

    def url(self, database: str = DATABASE) -> str:
        """The SQLAlchemy address of a database on this server."""
        return f"postgresql+psycopg://{ROLE}@/{database}?host={quote(str(self.home.socket_dir), safe='')}"


@contextmanager
def database(settings: Settings) -> Iterator[str]:
    """The SQLAlchemy address of the chosen database; the embedded server runs at least for the block."""
    if settings.database_url is not None:
        yield settings.database_url
    else:
        with Embedded(settings.data_dir) as server:
            yield server.url()


@contextmanager
def control(data: Path) -> Iterator[None]:
    """Alone among all processes while deciding about the server of `data`, a folder that exists."""
    with (data / CONTROL).open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def lease_file(data: Path) -> IO[str]:
    """The file whose shared locks say who uses the server."""
    return (data / LEASE).open()


def unused(data: Path) -> bool:
    """Whether nobody holds a lease. Under control only, so that the answer stays true while acted upon."""
    with lease_file(data) as probe:
        try:
            fcntl.flock(probe, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def ensure_running(home: Home) -> None:
    """Start the server unless it answers, recovering from a crash if need be. Under control only."""
    if ready(home):
        return
    deadline = time.monotonic() + START_SECONDS
    while _processes_in(home.cluster):  # children of a killed server notice its death within moments
        if ready(home):
            return
        if time.monotonic() > deadline:
            raise DatabaseUnavailable(f"Processes of a dead PostgreSQL still hold {home.cluster}; end them")
        time.sleep(0.05)
    # Nothing of it runs, so left-over notes are stale, even if their number now names another process or a
    # zombie: PostgreSQL itself would believe them.
    for note in (home.cluster / "postmaster.pid", home.socket_dir / f"{SOCKET_NAME}.lock"):
        note.unlink(missing_ok=True)
    started = home.run("pg_ctl", *_start_arguments(home), timeout=START_SECONDS + 10)
    if started.returncode != 0:
        raise DatabaseUnavailable(f"The embedded PostgreSQL does not start; its log says: {_log_tail(home)}")


def ready(home: Home) -> bool:
    """Whether the server lives and takes connections."""
    return postmaster_pid(home) is not None and _note(home)[7:8] == ["ready"]


def postmaster_pid(home: Home) -> int | None:
    """The process id of the living server, or None: zombies and re-used numbers are not it."""
    number = "".join(_note(home)[:1])
    return int(number) if number.isdigit() and _works_in(Path("/proc") / number, home.cluster) else None


def stop(home: Home) -> None:
    """Stop the server if it runs; open connections are cut, committed work is kept. Under control only."""
    if postmaster_pid(home) is not None:
        home.run("pg_ctl", "-D", str(home.cluster), "-m", "fast", "-w", "-t", "60", "stop", timeout=70)


def _note(home: Home) -> list[str]:
    """The lines of postmaster.pid: number, PGDATA, start, port, socket folder, address, memory key, state."""
    try:
        return [line.strip() for line in (home.cluster / "postmaster.pid").read_text().splitlines()]
    except FileNotFoundError:
        return []


def _make_folder(data: Path) -> None:
    try:
        data.mkdir(parents=True, exist_ok=True)
        for lock in (CONTROL, LEASE):
            (data / lock).touch()
    except OSError as error:
        raise DatabaseUnavailable(
            f"The data directory {data} cannot be made ({error.strerror}); "
            "set ANYSHELF_DATA_DIR to one that can"
        ) from error


def _make_cluster(home: Home, durable: bool) -> None:
    """Run initdb once, in a folder beside the final one, so that a broken attempt leaves nothing behind."""
    version_file = home.cluster / "PG_VERSION"
    if version_file.exists():
        found = version_file.read_text().strip()
        if found != str(MAJOR):
            raise DatabaseUnavailable(
                f"{home.cluster} was made by PostgreSQL {found}, this is {MAJOR}: dump it there with "
                "`anyshelf backup` of the older release and restore the dump here"
            )
        return
    draft = home.cluster.with_name("postgres.new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    if home.account:
        os.chown(draft, home.account.uid, home.account.gid)
    options = ["-U", ROLE, "-E", "UTF8", "--auth-local=trust", "--auth-host=reject", "--no-locale"]
    options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    if not durable:
        options += [
            "--no-sync",
            "--set=fsync=off",
            "--set=synchronous_commit=off",
            "--set=full_page_writes=off",
        ]
    made = home.run("initdb", *options, "-D", str(draft), timeout=120)
    if made.returncode != 0:
        raise DatabaseUnavailable(f"A new database cannot be made in {draft}: {made.stderr.strip()[-400:]}")
    draft.rename(home.cluster)


def _start_arguments(home: Home) -> list[str]:
    memory = _memory_bytes()
    chosen = {
        "listen_addresses": "",
        "unix_socket_directories": str(home.socket_dir),
        "unix_socket_permissions": "0700",
        "max_connections": "200",
        "shared_buffers": f"{min(max(memory // 4 // MEGABYTE, 64), 2048)}MB",
        "effective_cache_size": f"{max(memory // 2 // MEGABYTE, 128)}MB",
        "max_wal_size": "4GB",
        "jit": "off",  # our statements are short; compiling them costs more than it saves
        "log_error_verbosity": "terse",  # the log is no place for people's data
        "log_min_error_statement": "panic",
        "timezone": "UTC",
        "log_timezone": "UTC",
    }
    options = " ".join(f"-c {name}='{value}'" for name, value in chosen.items())
    log = str(home.cluster / "server.log")
    return ["-D", str(home.cluster), "-l", log, "-o", options, "-w", "-t", str(int(START_SECONDS)), "start"]


def _processes_in(folder: Path) -> bool:
    """Whether any process works in `folder`, as all of PostgreSQL's do in their cluster."""
    return any(_works_in(process, folder) for process in Path("/proc").glob("[0-9]*"))


def _works_in(process: Path, folder: Path) -> bool:
    try:
        return (process / "cwd").readlink() == folder
    except OSError:  # gone, a zombie, or another user's
        return False


def _memory_bytes() -> int:
    physical = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    limit = Path("/sys/fs/cgroup/memory.max")  # a container's share, where there is one
    text = limit.read_text().strip() if limit.exists() else "max"
    return min(physical, int(text)) if text.isdigit() else physical


def _log_tail(home: Home) -> str:
    log = home.cluster / "server.log"
    lines = log.read_text(errors="replace").splitlines()[-4:] if log.exists() else ["(no log)"]
    return " | ".join(lines)


def _call_warden(data: Path) -> None:
    """Start a warden in a session of its own; one that finds another at work leaves at once."""
    subprocess.Popen(  # noqa: S603 - our own module, no shell
        [sys.executable, "-m", "oms.adapters.postgres_warden", str(data)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        cwd="/",
    )
