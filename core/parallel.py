"""One way to do many things at once: in this process, on this machine's cores, or on a Dask cluster named by address.

Results come in the order of the items and do not depend on where the work was done. Every worker sets its own thread
counts: left to luck, LightGBM and BLAS in several workers spin against each other.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

import joblib
from threadpoolctl import threadpool_limits

from core.errors import ConfigurationError

__all__ = ["SERIAL", "Workers", "Workplace", "chunks", "in_threads", "parallel_map"]

Result = TypeVar("Result")

CONNECT_SECONDS = 10
"""A scheduler that has not answered by then is not there."""


class Workplace(StrEnum):
    """Where work is done."""

    HERE = "here"
    THREADS = "threads"
    PROCESSES = "processes"
    CLUSTER = "cluster"


@dataclass(frozen=True, slots=True)
class Workers:
    """Who does the work.

    count: workers on this machine; a cluster has its own. threads: of each worker's numerical libraries.
    address: of the Dask scheduler (`tcp://host:8786`), for the workplace `cluster`.
    """

    place: Workplace = Workplace.HERE
    count: int = 1
    threads: int = 1
    address: str = ""

    @classmethod
    def of(cls, count: int, threads: int = 1, address: str = "") -> "Workers":
        """Return workers on the cluster at `address` where one is named, else `count` processes of this machine.

        Raises ConfigurationError for a count or threads below 1.
        """
        if count < 1 or threads < 1:
            raise ConfigurationError(f"{count} workers of {threads} threads cannot work; give at least 1 of each")
        if address:
            return cls(Workplace.CLUSTER, count, threads, address)
        return cls(Workplace.PROCESSES if count > 1 else Workplace.HERE, count, threads)


SERIAL = Workers()
"""One after the other, in this process."""


def parallel_map(
    function: Callable[..., Result],
    items: Iterable[Any],
    workers: Workers = SERIAL,
    shared: tuple[Any, ...] = (),
) -> list[Result]:
    """Return `function(item, *shared)` of each item, in the items' order, wherever it was computed.

    function: for processes and clusters importable from a module (no lambda), and a function of its arguments alone:
    what is random in it takes a seed from the item. shared: what every item needs, such as the panel; sent to each
    worker of a cluster once, and mapped into memory rather than copied by processes of this machine.
    An exception of any item is raised here. Raises ConfigurationError where the cluster cannot be reached or the `dask`
    extra is not installed.

    >>> parallel_map(pow, [2, 3], shared=(2,))
    [4, 9]
    """
    work = _Limited(function, workers.threads)
    if workers.place is Workplace.HERE:
        return [work(item, *shared) for item in items]
    if workers.place is Workplace.CLUSTER:
        with _cluster(workers.address) as client:
            sent = [client.scatter(part, broadcast=True, hash=False) for part in shared]
            return list(client.gather([client.submit(work, item, *sent, pure=False) for item in items]))
    if workers.place is Workplace.THREADS:
        context = joblib.parallel_config(backend="threading", n_jobs=workers.count)
    else:
        context = joblib.parallel_config(
            backend="loky", n_jobs=workers.count, inner_max_num_threads=workers.threads, max_nbytes="1M", mmap_mode="r"
        )
    # threads share BLAS's count: held here too, or the first to finish would free it under the others
    with context, threadpool_limits(limits=workers.threads):
        return list(joblib.Parallel()(joblib.delayed(work)(item, *shared) for item in items))


def in_threads(function: Callable[[Any], Result], items: Sequence[Any], threads: int) -> Iterator[Result]:
    """Yield `function(item)` of each item, in the items' order, by `threads` threads of this process.

    For compiled work that lets other threads run meanwhile; one thread or one item costs nothing more than a loop.

    >>> list(in_threads(abs, [-1, -2], 2))
    [1, 2]
    """
    if threads == 1 or len(items) <= 1:
        yield from map(function, items)
        return
    # BLAS has one count for all threads, which the block gives back; OpenMP has one a thread, which ends with it
    with (
        threadpool_limits(limits=1),
        ThreadPoolExecutor(min(threads, len(items)), initializer=threadpool_limits, initargs=(1,)) as pool,
    ):
        yield from pool.map(function, items)


def chunks(count: int, size: int) -> list[slice]:
    """Return the slices that part `count` things into pieces of at most `size`, in order.

    >>> chunks(5, 2)
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    if size < 1:
        raise ConfigurationError(f"pieces of {size} cannot be made; give a size of at least 1")
    return [slice(start, min(start + size, count)) for start in range(0, count, size)]


@dataclass(frozen=True, slots=True)
class _Limited:
    """A function that runs with its numerical libraries held to a number of threads."""

    function: Callable[[Any], Any]
    threads: int

    def __call__(self, *arguments: Any) -> Any:
        """Return the function of the arguments."""
        with threadpool_limits(limits=self.threads):
            return self.function(*arguments)


@contextmanager
def _cluster(address: str) -> Iterator[Any]:
    """Yield a client of the Dask scheduler at `address`."""
    try:
        import distributed
    except ImportError:
        raise ConfigurationError(
            'a cluster is named but Dask is not installed; install it with pip install "fillrate[dask]"'
        ) from None
    connect: Any = distributed.Client
    try:
        client = connect(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"no Dask scheduler answers at {address!r} ({error}); start one, correct FILLRATE_CLUSTER or unset it"
        ) from error
    try:
        yield client
    finally:
        client.close()
