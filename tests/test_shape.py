"""The shape of the code: which way imports go, how long anything may be, and the linters' word on it."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("routing", "inventory", "oms", "api", "benchmarks", "samples", "scripts", "tests")
FILE_LINES_MAX = 300
FUNCTION_LINES_MAX = 50


def sources(suffix: str = ".py") -> Iterator[Path]:
    """Our own files: whatever stands in the rooms and was not brought in from elsewhere."""
    for room in ROOMS:
        yield from (path for path in (ROOT / room).rglob(f"*{suffix}") if "vendor" not in path.parts)


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Name and length in lines of every function in the file, nested ones included."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


def test_there_is_something_to_judge() -> None:
    assert len(list(sources())) > 20


def test_imports_go_one_way() -> None:
    """In a process of its own: it switches off every logger there is."""
    ask = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    done = subprocess.run([sys.executable, "-c", ask], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("suffix", [".py", ".js", ".css"])
def test_no_file_is_longer_than_a_reader_can_hold(suffix: str) -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in sources(suffix)}
    assert {path: lines for path, lines in lengths.items() if lines > FILE_LINES_MAX} == {}


def test_no_function_is_longer_than_a_screen() -> None:
    lengths = {f"{path.relative_to(ROOT)}:{name}": n for path in sources() for name, n in functions(path)}
    assert {name: lines for name, lines in lengths.items() if lines > FUNCTION_LINES_MAX} == {}


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["ruff", "check", "."], id="ruff"),
        pytest.param(["ruff", "format", "--check", "."], id="format"),
        pytest.param(["mypy"], id="types", marks=pytest.mark.slow),
    ],
)
def test_the_linters_agree(arguments: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
