"""kill -9 in the middle of an upload: the old version counts, whole; what was acknowledged is never lost."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from core.database import Database
from serving.demand.datasets import dataset_folder
from serving.demand.version_store import read_stored
from tests.services import make_platform

WRITER = """
import sys
from pathlib import Path
from core.database import Database
from serving.demand.contexts import DatasetContexts
from tests.services import client_of, make_platform

home = Path(sys.argv[1])
platform = make_platform(home, Database.of(f"sqlite:///{home / 'fillrate.db'}"))
platform.host.serve(DatasetContexts(platform), watch_seconds=0)
platform.host.nudge = lambda tenant, dataset: None
client = client_of(platform)
for number in range(int(sys.argv[2]), 10_000):
    rows = [{"sku": f"S{place}", "date": "2024-07-01", "units": number} for place in range(300)]
    answer = client.post("/v1/datasets/shop/tables/sales", json=rows, headers={"Idempotency-Key": str(number)})
    assert answer.status_code == 201, answer.text
    print(number, flush=True)
"""


def rounds() -> list:
    return [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 21))]


@pytest.mark.parametrize("seed", rounds())
def test_a_killed_process_leaves_the_last_whole_version(tmp_path, seed):
    home = tmp_path / "home"
    make_platform(home)  # migrates
    last = 0
    for attempt in range(1 if seed == 1 else 2):
        child = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(home), str(last + 1)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[3],
            env={**os.environ, "PYTHONWARNINGS": "ignore"},
        )
        told = [int(child.stdout.readline()) for _ in range(2)]
        time.sleep(((seed * 37 + attempt * 17) % 50) / 1000)
        child.send_signal(signal.SIGKILL)
        rest, _ = child.communicate()
        acknowledged = max([*told, *(int(word) for word in rest.split())])
        last = whole_version(home)
        assert last in (acknowledged, acknowledged + 1)


def whole_version(home: Path) -> int:
    """Return the number that all rows of the version that counts carry."""
    platform = make_platform(home, Database.of(f"sqlite:///{home / 'fillrate.db'}"))
    sales = read_stored(dataset_folder(platform, "local", "shop"), "sales")
    assert isinstance(sales, pd.DataFrame)
    assert len(sales) == 300
    (number,) = sales["units"].unique()
    platform.database.close()
    return int(number)
