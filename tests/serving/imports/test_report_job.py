"""Imports as jobs, by real workers on SQLite and PostgreSQL: the same effects as in a request, each once."""

import pytest

from inventory.ledger.positions import position_now
from serving.demand.datasets import dataset_folder
from serving.demand.uploads import Mode, Policy
from serving.demand.version_store import read_stored
from serving.imports.import_request import ImportRequest, ImportWords
from serving.imports.report_job import keep_for_report
from serving.jobs.job import JobState
from tests.serving.imports.test_import_routes import BAD, DETAIL, RETURNS, SUMMARY
from tests.serving.jobs.conftest import CALLER, open_workshop


@pytest.fixture
def workshop(tmp_path, database):
    """A workshop on each kind of database."""
    yield from open_workshop(tmp_path / "home", database)


def test_words_survive_the_way_through_a_jobs_row() -> None:
    words = ImportWords("myi", file="märz.txt", mode=Mode.VALIDATE, policy=Policy.BEST_EFFORT, inbound_days=3, sku="A")
    assert ImportWords.of(words.told()) == words


def test_the_fingerprint_is_of_content_and_settings_and_not_of_the_files_name() -> None:
    first = ImportRequest(ImportWords("myi", file="a.txt"), b"1")
    assert first.fingerprint == ImportRequest(ImportWords("myi", file="b.txt"), b"1").fingerprint
    others = [
        ImportRequest(ImportWords("myi"), b"2"),
        ImportRequest(ImportWords("restock"), b"1"),
        ImportRequest(ImportWords("myi", location="own"), b"1"),
        ImportRequest(ImportWords("myi", dataset="shop"), b"1"),
    ]
    assert first.fingerprint not in {other.fingerprint for other in others}


def test_a_report_is_imported_by_a_job_and_its_bad_rows_are_listed(workshop) -> None:
    workshop.start(real=True)

    def ask(kind: str, text: str, **words: object):
        asked = ImportRequest(ImportWords(kind, **words), text.encode())
        return workshop.ask("report", keep_for_report(workshop.platform.settings, CALLER, asked))

    (first,) = workshop.wait_end(ask("customer-returns", RETURNS))
    assert (first.state, first.result["status"], first.result["version"]) == (JobState.SUCCEEDED, "accepted", 1), (
        first.error
    )
    (same,) = workshop.wait_end(ask("customer-returns", RETURNS))
    assert same.result["import"] == first.result["import"]
    (refused,) = workshop.wait_end(ask("customer-returns", BAD))
    assert (refused.state, refused.error["code"], refused.refused_items) == (JobState.FAILED, "data.invalid", 1)
    (some,) = workshop.wait_end(ask("customer-returns", BAD, policy=Policy.BEST_EFFORT))
    assert (some.state, some.result["status"]) == (JobState.PARTIALLY_SUCCEEDED, "partially_accepted")
    (tried,) = workshop.wait_end(ask("customer-returns", RETURNS + "2024-07-20\tO-9\tZ\t1\t\t\n", mode=Mode.VALIDATE))
    assert (tried.state, tried.result["status"]) == (JobState.SUCCEEDED, "valid")
    workshop.wait_end(ask("ledger-summary", SUMMARY))
    (events,) = workshop.wait_end(ask("ledger-detail", DETAIL))
    assert events.result["movements"] == {"new": 1, "repeated": 0}, events.error
    returned = read_stored(dataset_folder(workshop.platform, "local"), "returns")
    assert sorted(returned["order_id"]) == ["O-1", "O-2"]
    with workshop.platform.database.reading() as connection:
        assert position_now(connection, "local")["available"].tolist() == [6]
