"""Datasets over REST: uploads that count once, versions, error files, pages, and tenants that never meet."""

import gzip
import json
import threading
from dataclasses import replace

import pytest
import sqlalchemy as sa

from inventory.upload_formats import UploadFormat
from serving.access import LOCAL
from serving.demand import dataset_answers as answers
from serving.demand.contexts import DatasetContexts
from serving.demand.datasets import KEPT_VERSIONS, dataset_folder, store_of
from serving.demand.demand_tables import DATASET_VERSIONS
from serving.demand.uploads import UploadRequest, prepare
from serving.problems import ApiProblem
from tests.services import client_of, make_platform

SALES = "/v1/datasets/shop/tables/sales"


def days(count: int, sku: str = "A", units: int = 3) -> list[dict]:
    return [{"sku": sku, "date": f"2024-07-{day:02d}", "units": units} for day in range(1, count + 1)]


def test_an_upload_makes_a_version_and_says_what_became_of_each_row(client, key):
    first = client.post(SALES, json=days(3), headers=key())
    assert first.status_code == 201
    body = answers.UploadAnswer.model_validate(first.json())
    assert (body.version, body.rows.created, [fate.status for fate in body.results]) == (1, 3, ["created"] * 3)
    assert client.get(first.headers["location"]).json() == first.json()
    second = client.post(SALES, json=[*days(1, units=9), *days(4)[1:]], headers=key()).json()
    assert [fate["status"] for fate in second["results"]] == ["updated", "unchanged", "unchanged", "created"]
    assert second["version"] == 2


def test_the_same_rows_again_make_no_version(client, key):
    client.post(SALES, json=days(3), headers=key())
    again = client.post(SALES, json=days(3), headers=key())
    assert (again.status_code, again.json()["status"], again.json()["version"]) == (200, "unchanged", 1)


def test_ten_thousand_skus_posted_twice_with_one_key_take_effect_once(client, platform):
    rows = [{"sku": f"SKU-{number:05d}", "date": "2024-07-01", "units": number} for number in range(10_000)]
    body, answers_ = json.dumps(rows).encode(), []
    headers = {"Idempotency-Key": "night-1", "content-type": "application/json"}

    def post():
        answers_.append(client.post(SALES, content=body, headers=headers))

    threads = [threading.Thread(target=post) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    answers_.append(client.post(SALES, content=body, headers=headers))
    done = [item for item in answers_ if item.status_code == 201]
    assert {item.status_code for item in answers_} <= {201, 409}
    assert len({item.content for item in done}) == 1
    assert done[-1].headers["idempotency-replayed"] == "true"
    assert [item["version"] for item in client.get("/v1/datasets/shop/versions").json()["items"]] == [1]
    assert client.get("/v1/datasets/shop").json()["tables"] == {"sales": 10_000}


def test_a_key_that_comes_with_other_rows_is_refused(client):
    headers = {"Idempotency-Key": "one"}
    assert client.post(SALES, json=days(1), headers=headers).status_code == 201
    assert client.post(SALES, json=days(2), headers=headers).json()["code"] == "idempotency.reused"
    assert client.post(SALES, json=days(2)).json()["code"] == "idempotency.missing"


def test_a_nightly_delta_with_semicolons_and_decimal_commas(client, key):
    """D3: the ERP's own CSV, compressed, is read as it is."""
    client.post(SALES, json=days(28), headers=key())
    night = "\ufeffSKU;Date;Units;Price\r\nA;2024-07-28;4,5;10,25\r\nA;2024-07-29;7;9,95\r\n"
    headers = key(**{"content-type": "text/csv; charset=utf-8"})
    answer = client.post(SALES, content=gzip.compress(night.encode()), headers=headers)
    assert (answer.status_code, answer.json()["rows"]["updated"], answer.json()["rows"]["created"]) == (201, 1, 1)
    rows = client.get(SALES, params={"limit": 500}).json()["items"]
    assert [(row["units"], row["price"]) for row in rows[-2:]] == [(4.5, 10.25), (7, 9.95)]


def test_a_wrong_unit_of_measure_is_a_422_that_points_at_the_row(client, key):
    """D3: kilograms of something counted."""
    client.post(SALES, json=days(2), headers=key())
    rows = [*days(3), {"sku": "A", "date": "2024-07-04", "units": 2, "unit_of_measure": "KGM"}]
    answer = client.post(SALES, json=rows, headers=key())
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert (error["pointer"], error["row"], error["code"]) == ("#/3/unit_of_measure", 3, "unit.unknown")
    assert client.get("/v1/datasets/shop").json()["version"] == 1


def test_all_bad_rows_can_be_downloaded_as_a_file(client, key):
    rows = [{"sku": "=cmd()", "date": "nonsense", "units": "=1+1"} for _ in range(150)]
    answer = client.post(SALES, json=rows, headers=key())
    assert len(answer.json()["errors"]) == 100
    place = answer.headers["link"].split(">")[0][1:]
    lines = client.get(place).text.splitlines()
    assert lines[0] == "row,column,rule,remedy,value"
    assert len(lines) == 151
    assert all(line.rsplit(",", 1)[1].startswith(("'=", "nonsense")) for line in lines[1:])


def test_best_effort_keeps_the_good_rows_and_says_so(client, key):
    rows = [*days(2), {"sku": "A", "date": "2024-07-03", "units": -1}]
    answer = client.post(SALES, params={"policy": "best-effort"}, json=rows, headers=key())
    assert answer.status_code == 207
    body = answers.UploadAnswer.model_validate(answer.json())
    assert [fate.status for fate in body.results] == ["created", "created", "refused"]
    assert client.get("/v1/datasets/shop").json()["tables"] == {"sales": 2}
    assert "is negative" in client.get(body.error_file).text


def test_a_dry_run_judges_and_changes_nothing(client):
    good = client.post(SALES, params={"mode": "validate"}, json=days(2))
    assert (good.status_code, good.json()["status"]) == (200, "valid")
    assert client.get(f"/v1/datasets/shop/uploads/{good.json()['upload_id']}").json() == good.json()
    bad = client.post(SALES, params={"mode": "validate"}, json=[{"sku": "A", "date": "2024-07-03", "units": -1}])
    assert (bad.status_code, bad.json()["status"]) == (200, "invalid")
    assert client.get("/v1/datasets/shop").status_code == 404
    assert "is negative" in client.get(bad.json()["error_file"]).text


def test_replacing_a_table_removes_what_is_not_sent(client, key):
    client.post(SALES, json=days(5), headers=key())
    answer = client.post(SALES, params={"action": "replace"}, json=days(2), headers=key()).json()
    assert answer["rows"]["removed"] == 3
    assert client.get("/v1/datasets/shop").json()["tables"] == {"sales": 2}


def test_rows_changed_since_a_moment_are_paged_from_one_version(client, clock, key):
    client.post(SALES, json=days(5), headers=key())
    clock.forward(hours=1)
    since = clock().isoformat()
    client.post(SALES, json=[*days(2, units=8), *days(7)[5:]], headers=key())
    seen, cursor = [], None
    while True:
        page = client.get(SALES, params={"updated_since": since, "limit": 2} | ({"cursor": cursor} if cursor else {}))
        body = answers.RowsAnswer.model_validate(page.json())
        seen += [row["date"] for row in body.items]
        client.post(SALES, json=days(1, sku=f"new-{len(seen)}"), headers=key())
        cursor = body.next_cursor
        if cursor is None:
            break
    assert seen == ["2024-07-01", "2024-07-02", "2024-07-06", "2024-07-07"]


def test_only_the_newest_versions_are_kept_on_disk(client, platform, key):
    for units in range(KEPT_VERSIONS + 3):
        client.post(SALES, json=days(1, units=units), headers=key())
    assert len(list(store_of(platform, "local", "shop").folder.iterdir())) == KEPT_VERSIONS
    kept = [item["kept"] for item in client.get("/v1/datasets/shop/versions").json()["items"]]
    assert kept == [True] * KEPT_VERSIONS + [False] * 3
    assert dataset_folder(platform, "local", "shop").is_dir()


def test_uploads_at_once_lose_nothing(client, key):
    tables = [("sales", days(3)), ("products", [{"sku": "A"}]), ("events", [{"date": "2024-07-01", "name": "x"}])]

    def send(name, rows, headers):
        client.post(f"/v1/datasets/shop/tables/{name}", json=rows, headers=headers)

    threads = [threading.Thread(target=send, args=(name, rows, key())) for name, rows in tables]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert client.get("/v1/datasets/shop").json()["tables"] == {"sales": 3, "products": 1, "events": 1}


def test_a_configuration_is_checked_as_dataset_toml_is(client, key):
    wanted = {"frequency": "W-MON", "currency": "EUR", "planning": {"review_period_days": 14}}
    answer = client.put("/v1/datasets/shop", json=wanted, headers=key())
    assert answer.status_code == 200, answer.text
    assert client.get("/v1/datasets/shop").json()["settings"] == wanted
    tuesday = client.post(SALES, json=[{"sku": "A", "date": "2024-07-02", "units": 1}], headers=key())
    assert "not a Monday" in tuesday.json()["errors"][0]["message"]
    for bad, place in (({"planning": {"budgets": 1}}, "#/planning/budgets"), ({"currency": "eur"}, "#/currency")):
        refused = client.put("/v1/datasets/shop", json=bad, headers=key())
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, place)


REFUSALS = [
    ("/v1/datasets/shop/tables/sales", "text/plain", b"x", 415, "media_type.unsupported"),
    ("/v1/datasets/shop/tables/sails", "text/csv", b"x", 404, "resource.unknown"),
    ("/v1/datasets/SHOP/tables/sales", "text/csv", b"sku,date,units\nA,2024-07-01,1\n", 404, "dataset.unknown"),
    ("/v1/datasets/shop/tables/sales", "text/csv", b"sku,units\nA,1\n", 422, "data.invalid"),
    ("/v1/datasets/shop/tables/sales", "text/csv", gzip.compress(b"0" * 5_000_000), 413, "upload.too_large"),
    ("/v1/datasets/shop/tables/sales?mode=maybe", "text/csv", b"x", 422, "request.invalid"),
]


@pytest.mark.parametrize(("path", "media", "body", "status", "code"), REFUSALS)
def test_each_kind_of_bad_upload_has_its_answer(client, key, path, media, body, status, code):
    answer = client.post(path, content=body, headers=key(**{"content-type": media}))
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_body_beyond_the_limit_is_refused_before_it_is_read(platform, key):
    platform.limits = replace(platform.limits, upload_bytes=1_000)
    answer = client_of(platform).post(SALES, content=b"a" * 1_001, headers=key(**{"content-type": "text/csv"}))
    assert (answer.status_code, answer.json()["code"]) == (413, "body.too_large")


@pytest.mark.parametrize(
    "path", ["", "/versions", "/tables/sales", "/uploads/nobody", "/uploads/nobody/errors", "/tables/sails"]
)
def test_what_is_not_there_is_a_404(client, path):
    assert client.get(f"/v1/datasets/nowhere{path}").status_code == 404


def test_a_tenant_neither_sees_nor_changes_anothers_dataset(platform, caller_of_tenant, key):
    mine, theirs = caller_of_tenant(platform, "acme"), caller_of_tenant(platform, "zeta")
    upload = mine.post(SALES, json=days(3), headers={"Idempotency-Key": "same"})
    assert theirs.get("/v1/datasets").json()["items"] == []
    for path in ("", "/versions", "/tables/sales"):
        assert theirs.get(f"/v1/datasets/shop{path}").status_code == 404
    assert theirs.get(upload.headers["location"]).status_code == 404
    assert theirs.post(SALES, json=days(1, units=99), headers={"Idempotency-Key": "same"}).status_code == 201
    assert [row["units"] for row in mine.get(SALES).json()["items"]] == [3, 3, 3]
    assert dataset_folder(platform, "acme", "shop") != dataset_folder(platform, "zeta", "shop")


def test_versions_are_one_sequence_on_both_databases(tmp_path, database, key):
    platform = make_platform(tmp_path / "home", database)
    platform.host.serve(DatasetContexts(platform), watch_seconds=0)
    client = client_of(platform)
    for units in (1, 2, 3):
        assert client.post(SALES, json=days(2, units=units), headers=key()).status_code == 201
    with database.reading() as connection:
        found = connection.execute(sa.select(DATASET_VERSIONS.c.version).order_by("version")).scalars().all()
    assert found == [1, 2, 3]


def test_an_upload_that_finds_the_disk_full_leaves_the_old_version(client, platform, monkeypatch, key):
    client.post(SALES, json=days(3), headers=key())
    before = dataset_folder(platform, "local", "shop")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("serving.files.os.fsync", full)
    answer = client.post(SALES, json=days(5), headers=key())
    monkeypatch.undo()
    assert (answer.status_code, answer.json()["code"]) == (503, "storage")
    assert dataset_folder(platform, "local", "shop") == before
    assert [place.name for place in before.parent.iterdir()] == [before.name]
    assert client.post(SALES, json=days(5), headers=key()).json()["version"] == 2


def test_an_unknown_table_is_named_with_those_that_are_known(platform):
    with pytest.raises(ApiProblem, match="tables are sales, products"):
        prepare(platform, LOCAL, UploadRequest("shop", "sails", UploadFormat.CSV, b""))
