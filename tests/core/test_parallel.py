"""Parallel work: the same results in the same order in one process, in several, and on a cluster."""

import importlib
import os
import sys
import threading
import time
from dataclasses import replace

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from core.errors import ConfigurationError, InsufficientHistoryError
from core.parallel import SERIAL, Workers, Workplace, chunks, in_threads, parallel_map
from core.settings import Settings

BIG = np.arange(400_000, dtype=np.float64)


def noisy_sum(seed: int, values: np.ndarray) -> np.ndarray:
    draw = np.random.default_rng(seed)
    return draw.standard_normal(3) + values[seed::7].sum()


def threads_here(item: int) -> list[int]:
    np.ones((50, 50)) @ np.ones((50, 50))
    return [pool["num_threads"] for pool in threadpool_info()]


def threads_while_others_finish(item: int) -> list[int]:
    time.sleep(0.02 * item)
    return threads_here(item)


def process_of(item: int) -> int:
    return os.getpid()


def refuse(item: int) -> int:
    if item == 2:
        raise InsufficientHistoryError("two is too few")
    return item


@pytest.fixture(scope="module")
def cluster():
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=40
    ) as running:
        yield Workers.of(2, address=running.scheduler_address)


@pytest.mark.parametrize("workers", [Workers(Workplace.THREADS, 2), Workers.of(2)], ids=["threads", "processes"])
def test_workers_of_this_machine_return_what_one_process_returns(workers) -> None:
    alone = parallel_map(noisy_sum, range(9), SERIAL, (BIG,))
    together = parallel_map(noisy_sum, range(9), workers, (BIG,))
    assert np.array_equal(np.stack(alone), np.stack(together))


def test_a_dask_cluster_returns_what_one_process_returns_and_raises_what_it_raises(cluster) -> None:
    alone = parallel_map(noisy_sum, range(9), SERIAL, (BIG,))
    assert np.array_equal(np.stack(alone), np.stack(parallel_map(noisy_sum, range(9), cluster, (BIG,))))
    assert os.getpid() not in parallel_map(process_of, range(4), cluster)
    with pytest.raises(InsufficientHistoryError, match="two is too few"):
        parallel_map(refuse, range(4), cluster)


@pytest.mark.parametrize("workers", [SERIAL, Workers(Workplace.THREADS, 2), Workers.of(2)])
def test_every_worker_is_held_to_its_threads(workers) -> None:
    for found in parallel_map(threads_here, range(2), workers):
        assert all(count == 1 for count in found)


def test_a_thread_that_finishes_does_not_free_the_others() -> None:
    for found in parallel_map(threads_while_others_finish, range(4), Workers(Workplace.THREADS, 4)):
        assert all(count == 1 for count in found)


@pytest.mark.parametrize("workers", [SERIAL, Workers(Workplace.THREADS, 2), Workers.of(2)])
def test_what_one_item_raises_reaches_the_caller(workers) -> None:
    with pytest.raises(InsufficientHistoryError, match="two is too few"):
        parallel_map(refuse, range(4), workers)


def test_a_scheduler_that_does_not_answer_is_named_with_the_remedy(monkeypatch) -> None:
    monkeypatch.setattr("core.parallel.CONNECT_SECONDS", 0.5)
    with pytest.raises(ConfigurationError, match=r"tcp://127.0.0.1:1'.*FILLRATE_CLUSTER"):
        parallel_map(process_of, range(2), Workers.of(1, address="tcp://127.0.0.1:1"))


def test_a_cluster_without_dask_says_what_to_install(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ConfigurationError, match=r"fillrate\[dask\]"):
        parallel_map(process_of, range(2), Workers.of(1, address="tcp://127.0.0.1:1"))


def test_workers_are_told_by_count_or_address() -> None:
    assert Workers.of(1) == SERIAL
    assert Workers.of(3, 2) == Workers(Workplace.PROCESSES, 3, 2)
    assert Workers.of(1, 1, "tcp://host:8786").place is Workplace.CLUSTER
    with pytest.raises(ConfigurationError, match="at least 1"):
        Workers.of(0)


def test_settings_name_workers_and_cluster() -> None:
    environment = {"FILLRATE_WORKERS": "3", "FILLRATE_CLUSTER": "tcp://host:8786"}
    found = Settings.from_environment(environment)
    assert (found.workers, found.cluster) == (3, "tcp://host:8786")
    assert replace(Settings.from_environment({}), home=found.home).workers == 1
    with pytest.raises(ConfigurationError, match="FILLRATE_WORKERS"):
        Settings.from_environment({"FILLRATE_WORKERS": "many"})


@pytest.mark.parametrize(("count", "size"), [(0, 3), (1, 3), (9, 3), (10, 3), (2, 100)])
def test_chunks_part_everything_once_and_in_order(count, size) -> None:
    pieces = chunks(count, size)
    assert [place for piece in pieces for place in range(count)[piece]] == list(range(count))
    assert all(piece.stop - piece.start <= size for piece in pieces)


def test_chunks_of_nothing_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="at least 1"):
        chunks(3, 0)


@pytest.mark.parametrize("threads", [1, 3])
def test_threads_yield_in_the_items_order_and_raise_what_an_item_raises(threads) -> None:
    assert list(in_threads(lambda item: (time.sleep(0.01 * (3 - item)), item)[1], range(4), threads)) == [0, 1, 2, 3]
    with pytest.raises(InsufficientHistoryError, match="two is too few"):
        list(in_threads(refuse, range(4), threads))


def test_threads_work_at_the_same_time_and_a_single_item_stays_in_this_one() -> None:
    meeting = threading.Barrier(2, timeout=10)
    assert sorted(in_threads(lambda item: meeting.wait(), range(2), 2)) == [0, 1]
    assert list(in_threads(lambda item: threading.current_thread(), [0], 2)) == [threading.current_thread()]


def test_the_libraries_of_several_threads_are_held_to_one_each() -> None:
    importlib.import_module("lightgbm")  # brings an OpenMP, which counts its threads for each thread apart
    for found in in_threads(threads_while_others_finish, range(4), 4):
        assert all(count == 1 for count in found)
