"""The scheduled full reconciliation, in a real worker: mended, handed over, paused; who is silent is named (H08)."""

from datetime import timedelta
from types import MappingProxyType

import pytest

from inventory.hub.channels import Channel, Listing, add_channel, add_listings, find_channel
from inventory.hub.delivery import Delivered, deliver_due
from inventory.hub.reconciliation import list_reconciliations
from inventory.ledger.book import record
from inventory.ledger.movement import Movement, MovementKind
from serving.jobs.job import JobState
from serving.jobs.records import item_errors
from serving.stock.adapters import adapter_of
from tests.serving.jobs.conftest import open_workshop
from tests.serving.marketplace.fake_amazon import running_marketplace

SKUS = [f"S{number}" for number in range(10)]


@pytest.fixture
def amazon():
    with running_marketplace() as fake:
        yield fake


@pytest.fixture
def workshop(tmp_path, sqlite_database, amazon):
    """Ten SKUs of 50 units on a file channel and at Amazon; both have been told an hour ago."""
    private = MappingProxyType({"FILLRATE_PRIVATE_TARGETS": "allow"})
    for made in open_workshop(tmp_path / "home", sqlite_database, private):
        (made.platform.settings.home / "amazon.toml").write_text(amazon.toml())
        fill(made, made.platform.clock() - timedelta(hours=1))
        assert amazon.quantities == dict.fromkeys(SKUS, 50)
        yield made


def fill(made, then) -> None:
    stock = [Movement(sku, "3pl", then.date(), MovementKind.RECEIPT, 50, "erp", f"r-{sku}") for sku in SKUS]
    with made.platform.database.transaction() as connection:
        record(connection, "local", stock, then)
        for name, kind in (("amazon-us", "amazon"), ("market", "file")):
            add_channel(connection, "local", Channel(name, kind, "3pl", fix_units=3, pause_units=40))
            add_listings(connection, "local", name, [Listing(sku, sku) for sku in SKUS], then)
    adapters = adapter_of(made.platform.settings)
    assert deliver_due(made.platform.database, adapters, lambda: then) == Delivered(20, 0)


def listings_report(amazon, **off) -> tuple[bytes, str, str]:
    rows = [f"{sku}\t{amazon.quantities[sku] - off.get(sku, 0)}\tDEFAULT" for sku in SKUS]
    head = "seller-sku\tquantity\tfulfillment-channel"
    return "\r\n".join([head, *rows, "F1\t\tAMAZON_NA", ""]).encode(), "GZIP", "text/plain; charset=UTF-8"


def run(workshop, request, state=JobState.SUCCEEDED):
    job = workshop.ask("reconcile", request)
    workshop.start(real=True)
    (done,) = workshop.wait_end(job)
    assert done.state is state, done.error
    return done


def test_all_channels_are_compared_and_the_reports_kept(workshop, amazon) -> None:
    amazon.made_report = listings_report(amazon, S3=2)
    done = run(workshop, {})
    told = {one["channel"]: (one["outcome"], one["differing"]) for one in done.result["channels"]}
    assert told == {"amazon-us": ("fixed", 1), "market": ("agrees", 0)}
    with workshop.platform.database.reading() as connection:
        (report,) = list_reconciliations(connection, "local", "amazon-us")
    assert [(one.sku, one.expected, one.shown) for one in report.differences] == [("S3", 50, 48)]
    workshop.wait(lambda: amazon.applied.count(("S3", 50)) == 2, 30)  # told again by the courier


def test_a_channel_that_drifted_far_is_paused_and_shows_nothing(workshop, amazon) -> None:
    amazon.made_report = listings_report(amazon, S3=41)
    done = run(workshop, {"channel": "amazon-us"})
    assert done.result["channels"][0]["reason"] == "S3 is off by 41 units, more than 40"
    with workshop.platform.database.reading() as connection:
        assert find_channel(connection, "local", "amazon-us").paused_because
        assert find_channel(connection, "local", "market").paused_because is None
    workshop.wait(lambda: set(amazon.quantities.values()) == {0}, 30)


def test_a_channel_that_cannot_be_asked_is_named_and_the_others_are_compared(workshop, amazon) -> None:
    amazon.flow = ["FATAL"]
    done = run(workshop, {}, JobState.PARTIALLY_SUCCEEDED)
    assert [one["channel"] for one in done.result["channels"]] == ["market"]
    with workshop.platform.database.reading() as connection:
        (error,) = item_errors(connection, done)
    assert (error.item, error.code) == ("amazon-us", "marketplace.report")


def test_a_killed_worker_compares_once(workshop, amazon) -> None:
    amazon.made_report = listings_report(amazon, S3=2)
    amazon.flow = ["IN_PROGRESS"] * 10**6 + ["DONE"]
    job = workshop.ask("reconcile", {})
    first = workshop.start(real=True)
    workshop.wait(lambda: amazon.asked["getReport"] > 0, 60)
    workshop.kill(first)
    amazon.reports["R1"]["flow"] = ["DONE"]
    workshop.start(real=True)
    (done,) = workshop.wait_end(job)
    assert (done.state, list(amazon.reports)) == (JobState.SUCCEEDED, ["R1"])
    with workshop.platform.database.reading() as connection:
        for name in ("amazon-us", "market"):
            assert len(list_reconciliations(connection, "local", name)) == 1


def test_where_nobody_can_be_asked_the_job_fails(workshop, amazon) -> None:
    amazon.flow = ["CANCELLED"]
    done = run(workshop, {"channel": "amazon-us"}, JobState.FAILED)
    assert done.error["code"] == "channel.silent"
    assert run(workshop, {"channel": "none"}, JobState.FAILED).error["code"] == "channel.unknown"
