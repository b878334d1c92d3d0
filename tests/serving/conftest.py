"""How serving's tests call the command line."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from serving.cli import main


@dataclass(frozen=True)
class Said:
    """What a command said and how it left."""

    code: int
    out: str
    err: str


@pytest.fixture
def fillrate(capsys, monkeypatch, tmp_path) -> Callable[..., Said]:
    """Run `fillrate WORDS` in this process, with an empty home unless the environment names one."""
    monkeypatch.setenv("FILLRATE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)

    def run(*words: object) -> Said:
        with pytest.raises(SystemExit) as left:
            main([str(word) for word in words])
        said = capsys.readouterr()
        return Said(int(left.value.code or 0), said.out, said.err)

    return run


@pytest.fixture
def at_home(fillrate, monkeypatch, trained_home) -> Callable[..., Said]:
    """Run `fillrate WORDS` where the tiny shop's champion is registered."""
    monkeypatch.setenv("FILLRATE_HOME", str(trained_home))
    return fillrate
