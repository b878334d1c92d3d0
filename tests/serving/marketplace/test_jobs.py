"""The connector's jobs in real worker processes, which are killed in the middle of a report."""

from datetime import timedelta
from types import MappingProxyType

import pandas as pd
import pytest
import sqlalchemy as sa

from inventory.hub.bulk import take_for_bulk
from inventory.hub.channels import Channel, Listing, add_channel, add_listings
from inventory.hub.hub_tables import CHANNEL_LISTINGS, DELIVERY_LOG
from inventory.hub.orders import OrderLine, accept_order
from inventory.ledger.book import record
from inventory.ledger.movement import Movement, MovementKind
from serving.demand.datasets import dataset_folder
from serving.demand.version_store import read_stored
from serving.jobs.job import JobState
from serving.jobs.job_results import job_folder
from serving.jobs.records import item_errors
from tests.serving.imports.test_import_routes import RETURNS
from tests.serving.jobs.conftest import open_workshop

PRIVATE = MappingProxyType({"FILLRATE_PRIVATE_TARGETS": "allow"})
REPORT = {"report_type": "GET_LEDGER_DETAIL_VIEW_DATA", "days": 7}


@pytest.fixture
def workshop(tmp_path, sqlite_database, amazon):
    for made in open_workshop(tmp_path / "home", sqlite_database, PRIVATE):
        (made.platform.settings.home / "amazon.toml").write_text(amazon.toml())
        yield made


def ended(workshop, kind, request, **facts):
    job = workshop.ask(kind, request)
    workshop.start(real=True)
    (done,) = workshop.wait_end(job)
    assert done.state is facts.get("state", JobState.SUCCEEDED), done.error
    return done


def test_a_report_is_ordered_awaited_and_kept_byte_for_byte(workshop, amazon) -> None:
    data = "Ä\t1\n".encode("cp1252") * 1000
    amazon.made_report = (data, "GZIP", "text/plain;charset=Cp1252")
    done = ended(workshop, "amazon-report", REPORT | {"options": {"aggregatedByTimePeriod": "DAILY"}})
    report = amazon.reports[done.result["report_id"]]
    assert report["reportOptions"] == {"aggregatedByTimePeriod": "DAILY"}
    moments = [pd.Timestamp(report[name]) for name in ("dataStartTime", "dataEndTime")]
    assert moments[1] - moments[0] == pd.Timedelta(days=7)
    assert moments[1] == pd.Timestamp(done.created_at).floor("s")
    assert (workshop.platform.settings.home / "reports" / done.result["file"]).read_bytes() == data
    assert done.result["charset"] == "cp1252"


@pytest.mark.parametrize("where", ["ordering", "waiting"])
def test_a_killed_worker_goes_on_with_the_report_that_was_ordered(workshop, amazon, where) -> None:
    amazon.flow = ["IN_QUEUE"] * 3 + ["IN_PROGRESS"] * 10**6 + ["DONE"]
    if where == "ordering":  # the answer is slow: the worker dies before it has noted the report's id
        amazon.faults["createReport"] = ["slow"]
    job = workshop.ask("amazon-report", REPORT)
    first = workshop.start(real=True)
    seen = "createReport" if where == "ordering" else "getReport"
    workshop.wait(lambda: amazon.asked[seen] > 0, 60)
    workshop.kill(first)
    workshop.wait(lambda: len(amazon.reports) == 1)
    for report in amazon.reports.values():
        report["flow"] = ["DONE"]
    workshop.start(real=True)
    (done,) = workshop.wait_end(job)
    assert done.state is JobState.SUCCEEDED, done.error
    assert (done.attempts, list(amazon.reports), amazon.asked["createReport"]) == (2, ["R1"], 1)


@pytest.mark.parametrize("fault", ["cut-after", "500", "cut"])
def test_a_lost_answer_never_makes_a_second_report(workshop, amazon, fault) -> None:
    amazon.faults["createReport"] = [fault]
    done = ended(workshop, "amazon-report", REPORT)
    assert list(amazon.reports) == ["R1"] == [done.result["report_id"]]


@pytest.mark.parametrize("state", ["FATAL", "CANCELLED"])
def test_a_report_that_comes_to_nothing_fails_the_job_in_words(workshop, amazon, state) -> None:
    amazon.flow = ["IN_PROGRESS", state]
    amazon.made_report = (b'{"errorDetails": "The report period is too long."}', "GZIP", "text/plain")
    if state == "FATAL":
        kept, amazon.createReport = amazon.createReport, lambda *words: explained(amazon, kept, *words)
    done = ended(workshop, "amazon-report", REPORT, state=JobState.FAILED)
    assert done.error["code"] == "marketplace.report"
    told = "mostly there are no data" if state == "CANCELLED" else "The report period is too long."
    assert told in done.error["message"]
    assert f"as {state}" in done.error["message"]


def explained(amazon, kept, *words):
    answer = kept(*words)
    amazon.reports[answer["reportId"]]["explains"] = True
    return answer


def test_a_cancelled_job_stops_waiting(workshop, amazon) -> None:
    amazon.flow = ["IN_PROGRESS"]
    job = workshop.ask("amazon-report", REPORT)
    workshop.start(real=True)
    workshop.wait(lambda: amazon.asked["getReport"] > 1, 60)
    workshop.cancel(job)
    (done,) = workshop.wait_end(job, seconds=10)
    assert done.state is JobState.CANCELLED


def test_a_tenant_without_an_account_is_told_so(workshop) -> None:
    (workshop.platform.settings.home / "amazon.toml").unlink()
    done = ended(workshop, "amazon-stock", {}, state=JobState.FAILED)
    assert (done.error["code"], "has no client_id" in done.error["message"]) == ("configuration", True)


def test_all_pages_of_stock_become_one_table(workshop, amazon) -> None:
    amazon.pages = [
        [{"sellerSku": f"S{page}{row}", "totalQuantity": 2, "inventoryDetails": {"fulfillableQuantity": 1}}]
        for page in range(2)
        for row in range(2)
    ]
    amazon.faults["getInventorySummaries"] = ["", "429"]
    done = ended(workshop, "amazon-stock", {"formats": ["csv"]})
    assert (done.result["skus"], done.result["units"], amazon.asked["getInventorySummaries"]) == (4, 8, 5)
    folder = job_folder(workshop.platform.settings, "local", done.id)
    table = pd.read_csv(folder / "stock.csv")
    assert table["sku"].tolist() == ["S00", "S01", "S10", "S11"]
    assert table["available"].sum() == 4


SKUS = [f"S{number:03d}" for number in range(6)]


@pytest.fixture
def listed(workshop):
    """Six SKUs of 50 units on a channel of kind amazon, shown under ids with a slash, and on one of kind file."""
    now = workshop.platform.clock()
    with workshop.platform.database.transaction() as connection:
        stock = [Movement(sku, "3pl", now.date(), MovementKind.RECEIPT, 50, "erp", f"r-{sku}") for sku in SKUS]
        record(connection, "local", stock, now)
        for name, kind in (("amazon-us", "amazon"), ("file", "file")):
            add_channel(connection, "local", Channel(name, kind, "3pl"))
            add_listings(connection, "local", name, [Listing(sku, f"{sku}/US") for sku in SKUS], now)
    return workshop


def wait_told(workshop) -> dict:
    """Wait until nothing is due, and return what the hub believes that Amazon shows."""
    table = CHANNEL_LISTINGS.c
    due = sa.select(sa.func.count()).where(table.due_at.is_not(None))

    def settled() -> bool:
        with workshop.platform.database.reading() as connection:
            return connection.scalar(due) == 0

    workshop.wait(settled, 60)
    with workshop.platform.database.reading() as connection:
        rows = connection.execute(sa.select(table.external_id, table.told_units).where(table.channel == "amazon-us"))
        return {row.external_id: row.told_units for row in rows}


def test_the_courier_tells_amazon_of_an_order_within_seconds(listed, amazon) -> None:
    listed.start(real=True)
    assert wait_told(listed) == amazon.quantities == {f"{sku}/US": 50 for sku in SKUS}
    amazon.expire_tokens()
    amazon.faults["patchListingsItem"] = ["", "429", "cut"]
    with listed.platform.database.transaction() as connection:
        accept_order(connection, "local", "file", "o1", [OrderLine("S003", 7)], listed.platform.clock())
    listed.wait(lambda: amazon.quantities["S003/US"] == 43, 30)
    assert wait_told(listed) == amazon.quantities


def test_a_feed_tells_all_quantities_and_what_is_refused_is_told_again(listed, amazon) -> None:
    amazon.invalid = {"S001/US": "unknown sku"}
    hold_back(listed)
    done = ended(listed, "amazon-feed", {"channel": "amazon-us"}, state=JobState.PARTIALLY_SUCCEEDED)
    assert done.result == {
        "channel": "amazon-us",
        "feeds": ["F1"],
        "listings": 6,
        "refused": 1,
        "told_again": 1,
    }
    with listed.platform.database.reading() as connection:
        (error,) = item_errors(connection, done)
    assert (error.item, error.message) == ("S001", "8541: unknown sku")
    amazon.invalid = {}
    told = wait_told(listed)
    assert told == amazon.quantities == {f"{sku}/US": 50 for sku in SKUS}


def test_an_order_during_a_feed_wins_over_the_feed_in_the_end(listed, amazon) -> None:
    hold_back(listed)
    amazon.flow = ["IN_PROGRESS"] * 10**6 + ["DONE"]
    job = listed.ask("amazon-feed", {"channel": "amazon-us"})
    listed.start(real=True)
    listed.wait(lambda: amazon.asked["getFeed"] > 0, 60)
    with listed.platform.database.transaction() as connection:
        accept_order(connection, "local", "file", "o1", [OrderLine("S003", 7)], listed.platform.clock())
    listed.wait(lambda: amazon.quantities.get("S003/US") == 43, 30)  # at once, beside the feed
    for feed in amazon.feeds.values():
        feed["flow"] = ["DONE"]  # which now puts 50 over the 43
    (done,) = listed.wait_end(job)
    assert done.result["told_again"] == 1
    assert wait_told(listed)["S003/US"] == 43
    assert amazon.quantities["S003/US"] == 43
    assert ("S003/US", 50) in amazon.applied


def test_a_feed_that_fails_leaves_nothing_untold(listed, amazon) -> None:
    hold_back(listed)
    amazon.flow = ["FATAL"]
    done = ended(listed, "amazon-feed", {"channel": "amazon-us"}, state=JobState.FAILED)
    assert done.error["code"] == "marketplace.report"
    assert wait_told(listed) == amazon.quantities == {f"{sku}/US": 50 for sku in SKUS}


def hold_back(workshop) -> None:
    """Let the courier wait, so that the feed tells what is due."""
    with workshop.platform.database.transaction() as connection:
        now = workshop.platform.clock()
        assert len(take_for_bulk(connection, "local", "amazon-us", now, timedelta(hours=1), 100)) == len(SKUS)


def test_bulk_settling_logs_every_listing_once(listed, amazon) -> None:
    hold_back(listed)
    ended(listed, "amazon-feed", {"channel": "amazon-us"})
    with listed.platform.database.reading() as connection:
        log = connection.execute(sa.select(DELIVERY_LOG).where(DELIVERY_LOG.c.channel == "amazon-us")).all()
    assert sorted(row.sku for row in log) == SKUS
    assert all(row.error is None for row in log)


def test_a_report_that_is_pulled_into_a_dataset_is_imported_once(workshop, amazon) -> None:
    amazon.made_report = (RETURNS.replace("O-1", "Ö-1").encode("cp1252"), "GZIP", "text/plain;charset=Cp1252")
    request = {"report_type": "GET_FBA_FULFILLMENT_CUSTOMER_RETURNS_DATA", "import_into": "default"}
    done = ended(workshop, "amazon-report", request)
    (imported,) = workshop.wait_end(workshop.job(done.result["import_job"].rsplit("/", 1)[1]))
    assert (imported.state, imported.result["status"]) == (JobState.SUCCEEDED, "accepted"), imported.error
    returned = read_stored(dataset_folder(workshop.platform, "local"), "returns")
    assert "Ö-1" in set(returned["order_id"])
    assert (workshop.platform.settings.home / "reports" / done.result["file"]).is_file()


def test_a_report_that_no_import_reads_is_refused_before_it_is_ordered(workshop, amazon) -> None:
    request = {"report_type": "GET_XML_BROWSE_TREE_DATA", "import_into": "default"}
    done = ended(workshop, "amazon-report", request, state=JobState.FAILED)
    assert "no import reads GET_XML_BROWSE_TREE_DATA" in done.error["message"]
    assert amazon.asked["createReport"] == 0
