"""The host: contexts by tenant and dataset, swapped without a failed request, the least recently used one let go."""

import threading
import time

import pytest

from core.errors import ModelNotFoundError
from serving.host import ContextHost, Loaded
from serving.problems import ApiProblem


class Context:
    """As much of a context as the host looks at."""

    def __init__(self, name: str, series: int = 10) -> None:
        self.name = name
        self.rows = range(series)
        self.dataset_version = 1
        self.distribution = type("Distribution", (), {"model": name})


class Source:
    """Contexts by name; a stamp is a version that tests move."""

    def __init__(self) -> None:
        self.versions: dict[tuple[str, str], int] = {}
        self.series = 10
        self.fails = False
        self.loads = 0
        self.may_end = threading.Event()
        self.may_end.set()

    def stamp(self, tenant: str, dataset: str) -> str:
        if (tenant, dataset) not in self.versions:
            raise ApiProblem("dataset.unknown", "There is no such dataset.")
        return str(self.versions[tenant, dataset])

    def load(self, tenant: str, dataset: str) -> Loaded:
        self.loads += 1
        assert self.may_end.wait(30)
        if self.fails:
            raise ModelNotFoundError("no model fits")
        return Loaded(Context(f"{tenant}/{dataset}/{self.stamp(tenant, dataset)}", self.series))


@pytest.fixture
def source() -> Source:
    return Source()


def hosting(source: Source, **limits: int) -> ContextHost:
    host = ContextHost(**limits)
    host.serve(source, watch_seconds=0)
    return host


def test_a_dataset_is_loaded_when_it_is_asked_for_and_says_so_meanwhile(source):
    source.versions["acme", "shop"] = 1
    host = hosting(source)
    source.may_end.clear()
    with pytest.raises(ApiProblem, match="being loaded"):
        host.context("acme", "shop")
    source.may_end.set()
    host.settle("acme", "shop")
    assert host.context("acme", "shop").name == "acme/shop/1"
    assert source.loads == 1


def test_a_dataset_that_is_not_there_is_unknown(source):
    with pytest.raises(ApiProblem) as caught:
        hosting(source).context("acme", "shop")
    assert caught.value.code == "dataset.unknown"
    with pytest.raises(ApiProblem) as caught:
        ContextHost().context("acme", "shop")
    assert caught.value.code == "dataset.unknown"


def test_a_newer_version_takes_over_without_one_failed_request(source):
    source.versions["acme", "shop"] = 1
    host = hosting(source)
    host.settle("acme", "shop")
    seen, stopped = set(), threading.Event()

    def ask() -> None:
        while not stopped.is_set():
            seen.add(host.context("acme", "shop").name)

    asking = threading.Thread(target=ask)
    asking.start()
    for version in range(2, 20):
        source.versions["acme", "shop"] = version
        host.settle("acme", "shop")
        assert host.context("acme", "shop").name == f"acme/shop/{version}"
    stopped.set()
    asking.join()
    assert f"acme/shop/{19}" == host.context("acme", "shop").name
    assert seen


def test_a_load_that_fails_leaves_the_old_context_and_the_reason(source):
    source.versions["acme", "shop"] = 1
    host = hosting(source)
    host.settle("acme", "shop")
    source.versions["acme", "shop"], source.fails = 2, True
    host.settle("acme", "shop")
    assert host.context("acme", "shop").name == "acme/shop/1"
    assert host.described("acme", "shop")["reason"] == "no model fits"
    host.settle("acme", "shop")
    assert source.loads == 2, "the same failure is not tried again at once"
    source.versions["acme", "shop"], source.fails = 3, False
    host.settle("acme", "shop")
    assert host.context("acme", "shop").name == "acme/shop/3"


def test_the_least_recently_used_contexts_are_let_go(source):
    host = hosting(source, most_contexts=2)
    for tenant in "abc":
        source.versions[tenant, "shop"] = 1
        host.settle(tenant, "shop")
        host.context("a", "shop")
    assert [host.described(tenant, "shop")["version"] for tenant in "abc"] == [1, None, 1]


def test_memory_is_bounded_by_series_and_the_newest_stays(source):
    host = hosting(source, most_series=15)
    for tenant in "ab":
        source.versions[tenant, "shop"] = 1
        host.settle(tenant, "shop")
    assert [host.described(tenant, "shop")["version"] for tenant in "ab"] == [None, 1]
    source.versions["c", "shop"], source.series = 1, 100
    host.settle("c", "shop")
    assert host.context("c", "shop").name == "c/shop/1"


def test_a_watching_host_finds_newer_versions_by_itself(source):
    source.versions["acme", "shop"] = 1
    host = ContextHost()
    host.serve(source, watch_seconds=0.01)
    host.settle("acme", "shop")
    source.versions["acme", "shop"] = 2
    for _ in range(500):
        if host.context("acme", "shop").name == "acme/shop/2":
            break
        time.sleep(0.01)
    host.stop()
    assert host.context("acme", "shop").name == "acme/shop/2"


def test_who_waits_for_new_data_is_told_when_they_answer_and_not_when_loading_fails(source):
    source.versions["acme", "shop"] = 1
    host, told = hosting(source), []
    host.after_load.append(lambda tenant, dataset: told.append((tenant, dataset, host.context(tenant, dataset).name)))
    host.settle("acme", "shop")
    assert told == [("acme", "shop", "acme/shop/1")]
    source.versions["acme", "shop"], source.fails = 2, True
    host.settle("acme", "shop")
    assert len(told) == 1
