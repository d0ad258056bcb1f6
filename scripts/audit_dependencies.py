"""`make check`: does anything in requirements.lock have a known vulnerability?

pip-audit passes over what it cannot ask about and ends well. Here that is said aloud: without a way to the
advisory service nothing was audited, which is no finding, and no pass either.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

LOCK = "requirements.lock"
COMMAND = ("--disable-pip", "--require-hashes", "--no-deps", "--progress-spinner=off", "--format=json")
PATIENCE_S = 300


def main() -> int:
    """0: audited without a finding, or not audited and said so; 1: findings."""
    try:
        ran = subprocess.run(
            [sys.executable, "-m", "pip_audit", *COMMAND, "--requirement", LOCK],
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        dependencies: list[dict[str, Any]] = json.loads(ran.stdout)["dependencies"]
    except subprocess.TimeoutExpired:
        return not_audited("the advisory service does not answer")
    except (json.JSONDecodeError, KeyError):
        return not_audited((ran.stderr.strip().splitlines() or ["pip-audit said nothing"])[-1])
    return judged(dependencies)


def judged(dependencies: list[dict[str, Any]]) -> int:
    """Say what pip-audit found, and what it could not ask about."""
    passed_over = [one["name"] for one in dependencies if "skip_reason" in one]
    found = [(one["name"], one["version"], bug) for one in dependencies for bug in one.get("vulns", ())]
    for name, version, bug in found:
        fixed = ", ".join(bug["fix_versions"]) or "none yet"
        print(f"{name} {version}: {bug['id']}, fixed in: {fixed}")
    audited = len(dependencies) - len(passed_over)
    if found:
        print(f"{len(found)} known vulnerabilities in {audited} audited dependencies", file=sys.stderr)
        return 1
    if not audited:
        return not_audited("the advisory service knows none of them, or cannot be reached")
    print(f"{audited} dependencies audited, no known vulnerability")
    if passed_over:
        print(f"NOT AUDITED, unknown to the advisory service: {', '.join(passed_over)}", file=sys.stderr)
    return 0


def not_audited(why: str) -> int:
    """No finding, and no pass: somebody has to read this."""
    print(f"NOT AUDITED: {LOCK} was compared with no advisory ({why}).", file=sys.stderr)
    print("Run `make check` again where the network reaches pypi.org.", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
