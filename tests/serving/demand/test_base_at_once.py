"""The processes of a service begin at the same moment, and each names the folder of FILLRATE_DATA."""

from concurrent.futures import ThreadPoolExecutor

from serving.demand.datasets import dataset_state, register_base
from tests.postgres import wait_for_one_that_waits
from tests.services import make_platform


def test_two_processes_that_begin_together_name_the_folder_once(tmp_path, postgres_database, monkeypatch) -> None:
    platform = make_platform(tmp_path, postgres_database)
    with ThreadPoolExecutor(1) as pool:
        others = []

        def begin_meanwhile(*words, **options):
            found = dataset_state(*words, **options)
            if not others:
                others.append(pool.submit(register_base, platform, tmp_path))
                wait_for_one_that_waits(postgres_database)
            return found

        monkeypatch.setattr("serving.demand.datasets.dataset_state", begin_meanwhile)
        register_base(platform, tmp_path)
        others[0].result(timeout=10)
    with postgres_database.reading() as connection:
        assert dataset_state(platform, connection, "local", "default").version == 0
