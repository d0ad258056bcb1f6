"""The tutorial, typed as it stands into a shell, on an empty database of its own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.docs.blocks import ROOT, Block, blocks, differences, documents

TUTORIAL = "docs/tutorial.md"
PORT = "8090"
END_OF_BLOCK = "=== end of block ==="


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


def script(typed: list[Block], port: int, data: Path) -> str:
    """All that is typed, one block after the other in one shell that leaves no server behind."""
    body = f"\necho; echo '{END_OF_BLOCK}'\n".join(block.text for block in typed)
    body = body.replace(PORT, str(port)).replace("$PWD/.data/tutorial", str(data))
    return f"set -u\ntrap 'kill $(jobs -p) 2>/dev/null' EXIT\n{body}"


def test_the_tutorial_gives_the_answers_it_shows(fresh_database: Callable[[], str], tmp_path: Path) -> None:
    assert shutil.which("curl"), "curl is missing: apt-get install curl"
    found = blocks(TUTORIAL)
    typed = [block for block in found if block.language == "sh"]
    environment = os.environ | {
        "ANYSHELF_DATABASE_URL": fresh_database(),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "no_proxy": "127.0.0.1",
    }
    done = subprocess.run(
        ["bash", "-c", script(typed, free_port(), tmp_path)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    said = done.stdout.split(END_OF_BLOCK)
    assert len(said) == len(typed), done.stdout + done.stderr
    compared = 0
    for block, after in zip(found, [*found[1:], None], strict=True):
        if block.language == "sh" and after is not None and after.language == "json":
            shown, answered = documents(after.text), documents(said[typed.index(block)])
            faults = list(differences(shown, answered[-len(shown) :]))
            assert not faults, (f"{TUTORIAL}:{after.line}", faults, done.stderr)
            compared += 1
    assert compared >= 10
