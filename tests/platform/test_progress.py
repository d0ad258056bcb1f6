"""Long work tells how far it is where nobody can see a bar move."""

import pytest
from rich.console import Console

from api.cli import progress


@pytest.mark.parametrize("total", [1.0, 40])
def test_a_log_gets_a_line_for_each_tenth(
    total: float, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "err", Console(stderr=True, force_terminal=False))
    with progress.progress_bar() as bar:
        task = bar.add_task("orders", total=None)
        for done in range(41):
            bar.update(task, total=total, completed=done * total / 40)
    told = capsys.readouterr().err.splitlines()
    assert told == [f"  orders: {share} %" for share in range(10, 101, 10)]


def test_a_screen_gets_a_bar(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "err", Console(stderr=True, force_terminal=True))
    with progress.progress_bar() as bar:
        bar.update(bar.add_task("orders", total=2), completed=2)
    told = capsys.readouterr().err
    assert "orders" in told and "2/2" in told and "%" not in told
