"""The tracking store under bad luck: broken, locked, made by several at once, in a place that cannot be written."""

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from core.errors import ConfigurationError, ModelNotFoundError, StorageError
from core.settings import Settings
from features.panel import Panel
from training.pipeline import TrainingResult
from training.registry import load_champion, register
from training.tracking_store import check_store_writable, open_store, store_trouble


def home(folder: Path) -> Settings:
    return Settings.from_environment({"FILLRATE_HOME": str(folder)})


def test_several_processes_that_make_the_store_at_once_leave_one_that_works(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from core.settings import Settings; "
        "from training.tracking_store import open_store; "
        "open_store(Settings.from_environment({'FILLRATE_HOME': sys.argv[1]})).search_experiments()"
    )
    words = [sys.executable, "-W", "ignore", "-c", code, str(tmp_path / "home")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    runs = [subprocess.Popen(words, env=environment, stderr=subprocess.PIPE) for _ in range(3)]
    told = [run.communicate(timeout=120)[1].decode() for run in runs]
    assert [run.returncode for run in runs] == [0, 0, 0], told
    assert [path.name for path in (tmp_path / "home").iterdir()] == ["mlflow.db"]


def test_a_store_that_is_no_database_is_named_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").write_bytes(b"this is not a database" * 400)
    with pytest.raises(StorageError, match=r"mlflow\.db cannot be .*: file is not a database; move it away") as caught:
        load_champion("shop", home(tmp_path))
    assert "\n" not in str(caught.value)


def test_a_locked_store_is_told_in_one_line() -> None:
    error = sqlite3.OperationalError("database is locked")
    expected = pytest.raises(StorageError, match=r"locked; another process is using it: try again$")
    with expected, store_trouble(home(Path("/somewhere")), "read"):
        raise OperationalError("SELECT 1\nFROM a", {}, error)


def test_a_home_that_cannot_be_made_is_found_before_any_training(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    with pytest.raises(StorageError, match="FILLRATE_HOME"):
        check_store_writable(home(tmp_path / "file" / "home"))


def test_a_read_only_home_is_found_before_any_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write everywhere
    with pytest.raises(StorageError, match="set FILLRATE_HOME to a folder that can"):
        check_store_writable(home(tmp_path))


def test_an_address_of_no_store_is_a_wrong_setting() -> None:
    settings = Settings.from_environment({"MLFLOW_TRACKING_URI": "teapot://short/and/stout"})
    check_store_writable(settings)
    with pytest.raises(ConfigurationError, match="MLFLOW_TRACKING_URI='teapot://short/and/stout' names no"):
        open_store(settings)


@pytest.mark.parametrize("damage", ["all", "mean.txt", "model.json", "an older version's facts"])
def test_a_champion_whose_files_are_gone_or_unreadable_has_to_be_trained_again(
    result: TrainingResult, panel: Panel, tmp_path: Path, damage: str
) -> None:
    settings = home(tmp_path)
    register(result, panel, "shop", settings)
    (facts,) = (tmp_path / "artifacts").rglob("model.json")
    if damage == "all":
        shutil.rmtree(tmp_path / "artifacts")
    elif damage == "mean.txt":
        (facts.parent / "mean.txt").unlink()
    elif damage == "model.json":
        facts.write_text('{"horizon": 14', encoding="utf-8")
    else:
        facts.write_text(facts.read_text(encoding="utf-8").replace('"season"', '"seasons"'), encoding="utf-8")
    with pytest.raises(ModelNotFoundError, match="shop version 1 are gone or unreadable; train again"):
        load_champion("shop", settings)
