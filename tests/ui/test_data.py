"""The screen of data: files dropped on it are the API's uploads, and what is wrong with them is told row by row."""

import re

import pytest

from serving.access import Scope
from serving.demand.contexts import DatasetContexts
from serving.demand.datasets import register_base
from serving.ui.visit import CSRF_HEADER, DATASET_COOKIE
from tests.services import bearer, make_key, make_platform
from tests.ui.reading import Reader

PAGE = "/ui/data"
GOOD = "sku,date,units\nA,2024-07-01,3\nB,2024-07-01,4\n"
BAD = "sku,date,units\nA,2024-07-01,3\nB,someday,4\n=C,2024-07-02,x\n"


@pytest.fixture
def platform(tmp_path, sqlite_database):
    """A platform whose host answers from the datasets in its database."""
    made = make_platform(tmp_path / "home", sqlite_database)
    made.host.serve(DatasetContexts(made), watch_seconds=0)
    return made


@pytest.fixture
def send(client):
    client.cookies.set(DATASET_COOKIE, "mine", path="/ui")

    def post(text, name="sales.csv", headers=None, **fields):
        token = re.search(r'X-CSRF-Token": "([0-9a-f]+)', client.get("/ui/sign-in").text).group(1)
        told = {"once": f"k{len(text)}", "table": "sales", "mode": "write", **fields}
        sent = {CSRF_HEADER: token, "HX-Request": "true", **(headers or {})}
        content = text if isinstance(text, bytes) else text.encode()
        return client.post(f"{PAGE}/upload", data=told, files={"file": (name, content)}, headers=sent)

    return post


def test_before_anything_was_imported_the_screen_says_where_to_begin(client, look):
    client.cookies.set(DATASET_COOKIE, "mine", path="/ui")
    page = look(PAGE)
    assert "begin with the tables sales and products" in page.one("main").text
    assert page.one("input", type="file").attributes["name"] == "file"
    assert [item.text for item in page.one("div", role="navigation").all("a")] == [
        "Data",
        "Models",
        "Jobs",
        "Alert rules",
        "API keys",
    ]


def test_a_good_file_is_checked_without_effect_and_imported_once(client, send, look):
    assert "All rows are good." in send(GOOD, mode="validate").text
    assert client.get("/v1/datasets").json()["items"] == []
    answer = send(GOOD)
    assert "Imported." in answer.text
    assert "2 rows: 2 new, 0 changed, 0 as they were, 0 bad." in Reader.of(answer.text).text
    assert answer.headers["hx-trigger"] == "data-changed"
    assert "Imported." in send(GOOD).text
    told = client.get("/v1/datasets/mine").json()
    assert (told["version"], told["tables"]["sales"]) == (1, 2)
    assert "2 rows" in look(f"{PAGE}/tables").one("li", data_table="sales").text
    assert "Nothing new in it." in send(GOOD, once="other").text


def test_a_bad_file_is_refused_with_each_row_and_mended(client, send):
    answer = send(BAD)
    page = Reader.of(answer.text)
    assert answer.status_code == 422
    assert "Refused: nothing was written." in page.text
    rows = page.one("table").rows()
    assert [row[1] for row in rows] == ["date", "units"]
    assert "someday" in rows[0][2]
    file = page.one("a").attributes["href"]
    assert client.get(file).text.startswith("row,column,rule,remedy,value\n")
    assert client.get("/v1/datasets").json()["items"] == []
    assert "Imported." in send(BAD.replace("someday", "2024-07-02").replace(",x", ",5")).text


def test_good_rows_of_a_bad_file_can_be_taken(client, send):
    answer = send(BAD, policy="best-effort")
    assert "Imported but for the bad rows." in answer.text
    assert client.get("/v1/datasets/mine").json()["tables"]["sales"] == 1


@pytest.mark.parametrize(
    ("name", "content", "status"),
    [
        ("sales.pdf", "x", 415),
        ("sales.xlsx", "no workbook", 422),
        ("sales.csv", "", 422),
        ("sales.csv.gz", b"\x1f\x8bno", 422),
        ("sales.json", "{", 422),
    ],
)
def test_what_is_no_table_is_told_in_words(send, name, content, status):
    answer = send(content, name)
    assert answer.status_code == status, answer.text[:500]
    assert len(Reader.of(answer.text).text) > 40


def test_a_table_that_is_not_of_the_contract_is_refused(send):
    assert send(GOOD, table="nonsense").status_code in (404, 422)


def test_a_large_file_becomes_a_job_with_progress(client, send, monkeypatch):
    monkeypatch.setattr("serving.ui.data.JOB_FROM_BYTES", 10)
    page = Reader.of(send(GOOD).text)
    (job,) = client.get("/v1/jobs").json()["jobs"]
    place = page.one("div", id=f"job-{job['id']}")
    assert place.attributes["hx-trigger"] == "every 2s"
    assert page.one("progress").attributes["value"] == "0.0"
    assert job["request"]["dataset"] == "mine"


def test_files_as_large_as_the_apis_uploads_are_taken(client, send, platform):
    line = "A,2024-07-01,3\n"
    rows = "sku,date,units\n" + line * (platform.limits.body_bytes // len(line) + 100)
    assert send(rows, mode="validate").status_code in (200, 422)


def test_who_may_only_read_is_offered_no_upload_and_can_make_none(client, platform, send):
    register = bearer(make_key(platform, "local", [Scope.FORECAST_READ]))
    assert not Reader.of(client.get(PAGE, headers=register).text).all("input", type="file")
    answer = send(GOOD, headers=register)
    assert (answer.status_code, "scope.missing" in answer.text) == (403, True)


def test_another_tenant_sees_no_table_version_or_error_of_ours(client, platform, send):
    file = Reader.of(send(BAD).text).one("a").attributes["href"]
    send(GOOD)
    rival = bearer(make_key(platform, "rival"))
    assert "Nothing was imported yet" in client.get(PAGE, headers=rival).text
    assert client.get(file, headers=rival).status_code == 404


def test_the_folder_that_the_service_was_started_with_is_shown(client, platform, shop, look):
    register_base(platform, shop)
    page = look(PAGE)
    assert page.one("li", data_table="sales").text.startswith("sales")
    assert "A folder of your own" in page.one("main").text
