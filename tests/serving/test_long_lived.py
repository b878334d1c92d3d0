"""What is loaded is kept out of the collector's way, and is let go when it is replaced."""

import gc
import weakref

from serving.host import ContextHost
from serving.long_lived import keep_long_lived
from tests.serving.test_host import Context


class Knot:
    """Garbage that only the collector can find."""

    def __init__(self) -> None:
        self.itself = self


def test_what_is_kept_is_gone_through_no_more():
    kept = [[number] for number in range(1_000)]
    try:
        keep_long_lived()
        assert gc.get_freeze_count() > len(kept)
        watched = {id(item) for item in gc.get_objects()}
        assert not any(id(item) in watched for item in kept)
    finally:
        gc.unfreeze()


def test_a_cycle_that_was_kept_and_is_dropped_is_found_at_the_next_time():
    knot = Knot()
    gone = weakref.ref(knot)
    try:
        keep_long_lived()
        del knot
        gc.collect()
        assert gone() is not None, "exempt"
        keep_long_lived()
        assert gone() is None
    finally:
        gc.unfreeze()


def test_a_host_settles_when_a_context_is_in_place_and_not_when_loading_fails():
    settled = []
    host = ContextHost()
    host.after_load.append(lambda tenant, dataset: settled.append(host.context().name))
    host.load(lambda: 1 / 0)
    assert settled == []
    host.load(lambda: Context("shop"))
    assert settled == ["shop"]
