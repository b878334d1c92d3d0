"""Imports over REST: read once, accounted for row by row, into dataset, ledger and files, and to nobody else."""

import gzip

import pytest

from serving.imports import import_answers as answers
from serving.imports.routes import SMALL_BYTES

URL = "/v1/imports"
RETURNS = (
    "return-date\torder-id\tsku\tquantity\tdetailed-disposition\tcolour\n"
    "2024-07-14\tO-1\tA\t1\tSELLABLE\tred\n2024-07-15\tO-2\tB\t2\tDEFECTIVE\tblue\n"
)
BAD = RETURNS + "2024-07-16\tO-3\tC\tmany\tSELLABLE\tred\n"
SUMMARY = (
    "Date\tMSKU\tDisposition\tStarting Warehouse Balance\tCustomer Shipments\tEnding Warehouse Balance\n"
    "2024-07-01\tA\tSELLABLE\t10\t-4\t6\n"
)
DETAIL = (
    "Date\tMSKU\tEvent Type\tReference ID\tQuantity\tFulfillment Center\tDisposition\tReason\n"
    "2024-07-01\tA\tShipments\tO-1\t-4\tABC1\tSELLABLE\t\n"
)


def send(client, key, kind, text, **words):
    data = text if isinstance(text, bytes) else text.encode()
    return client.post(URL, params={"kind": kind, **words}, content=data, headers=key())


def rows(client, table, dataset="default"):
    return client.get(f"/v1/datasets/{dataset}/tables/{table}").json()["items"]


def test_a_report_is_merged_into_the_dataset_and_every_row_accounted_for(client, key):
    sent = send(client, key, "customer-returns", RETURNS, file="july.txt", location="fba")
    assert sent.status_code == 201, sent.text
    body = answers.ImportAnswer.model_validate(sent.json())
    assert (body.rows.read, body.rows.kept, body.rows.skipped, body.rows.refused) == (2, 2, 0, 0)
    assert (body.version, body.status, body.unknown_columns) == (1, "accepted", ["colour"])
    assert {(table.table, table.created) for table in body.tables if table.goes_to == "dataset"} == {
        ("returns", 2),
        ("products", 2),
    }
    assert [(row["order_id"], row["grade"], row["location"]) for row in rows(client, "returns")] == [
        ("O-1", "intact", "fba"),
        ("O-2", "B", "fba"),
    ]
    assert client.get(sent.headers["location"]).json() == sent.json()


def test_the_same_report_is_imported_once_whatever_its_key_and_name(client, key):
    first = send(client, key, "customer-returns", RETURNS)
    again = send(client, key, "customer-returns", RETURNS, file="copy.txt")
    assert (again.status_code, again.json()) == (200, first.json())
    other = send(client, key, "customer-returns", RETURNS, location="own")
    assert other.status_code == 201
    assert len(client.get(URL).json()["items"]) == 2


def test_one_key_is_one_import_and_a_key_of_another_is_refused(client):
    headers = {"Idempotency-Key": "night-1"}
    first = client.post(URL, params={"kind": "customer-returns"}, content=RETURNS, headers=headers)
    again = client.post(URL, params={"kind": "customer-returns"}, content=RETURNS, headers=headers)
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    other = client.post(URL, params={"kind": "customer-returns"}, content=BAD, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency.reused")


def test_bad_rows_refuse_the_whole_import_and_are_listed_as_a_file(client, key):
    sent = send(client, key, "customer-returns", BAD)
    problem = sent.json()
    assert (sent.status_code, problem["code"]) == (422, "data.invalid")
    assert problem["errors"] == [
        {
            "row": 4,
            "column": "quantity",
            "code": "data.invalid",
            "message": "row 4, quantity: is not a number (got 'many'); write a plain number such as 1234.5, or leave "
            "an optional cell empty.",
        }
    ]
    place = sent.headers["link"].split(">")[0].strip("<")
    assert client.get(place).text.splitlines()[1].startswith("report,4,quantity,is not a number")
    assert client.get("/v1/datasets/default/tables/returns").status_code == 404
    assert [item["status"] for item in client.get(URL).json()["items"]] == ["refused"]


def test_best_effort_leaves_bad_rows_out(client, key):
    sent = send(client, key, "customer-returns", BAD, policy="best-effort")
    assert sent.status_code == 207
    assert (sent.json()["status"], sent.json()["rows"]["refused"]) == ("partially_accepted", 1)
    assert len(rows(client, "returns")) == 2


def test_validating_changes_nothing_and_tells_what_would(client, key):
    good = send(client, key, "customer-returns", RETURNS, mode="validate")
    assert (good.status_code, good.json()["status"], good.json()["version"]) == (200, "valid", 0)
    assert client.get(f"/v1/imports/{good.json()['import_id']}").json() == good.json()
    bad = send(client, key, "customer-returns", BAD, mode="validate")
    assert (bad.status_code, bad.json()["status"], bad.json()["rows"]["refused"]) == (200, "invalid", 1)
    assert client.get(bad.json()["error_file"]).status_code == 200
    assert client.get("/v1/datasets/default/tables/returns").status_code == 404


def test_ledger_reports_are_recorded_as_movements_once(client, key):
    opening = send(client, key, "ledger-summary", SUMMARY, location="fba")
    assert opening.json()["movements"] == {"new": 1, "repeated": 0}
    events = send(client, key, "ledger-detail", DETAIL, location="fba")
    assert events.json()["movements"] == {"new": 1, "repeated": 0}
    longer = DETAIL + "2024-07-02\tA\tShipments\tO-2\t-1\tABC1\tSELLABLE\t\n"
    again = send(client, key, "ledger-detail", longer, location="fba")
    assert again.json()["movements"] == {"new": 1, "repeated": 1}
    (position,) = client.get("/v1/positions").json()["items"]
    assert (position["sku"], position["location"], position["available"]) == ("A", "fba", 5)


def test_a_ledger_without_its_opening_balance_is_refused_whole(client, key):
    sent = send(client, key, "ledger-detail", DETAIL)
    assert (sent.status_code, sent.json()["code"]) == (409, "stock.conflict")
    assert client.get(URL).json()["items"] == []
    assert client.get("/v1/movements").json()["items"] == []


def test_tables_beside_the_contract_are_files_of_the_import(client, key):
    text = "charged_date\tcountry_code\tstorage_type\tcharged_fee_amount\n2024-07-01\tUS\tStandard\t12.50\n"
    sent = send(client, key, "overage-fees", text).json()
    tables = {table["table"]: table["href"] for table in sent["tables"]}
    assert client.get(tables["charges"]).text.splitlines()[1].startswith("*,overage,2024-07-01,US,Standard,12.50")
    assert "charged_fee_amount" not in client.get(tables["report"]).text
    assert client.get(f"{URL}/{sent['import_id']}/tables/nothing").status_code == 404
    assert sent["version"] == 0


def test_a_generic_file_is_read_by_the_mapping_in_the_address(client, key):
    words = {"table": "stock", "map": "sku=Artikel,on_hand=Bestand", "set": "date=2024-07-01"}
    sent = send(client, key, "generic", "Artikel;Bestand\nA;1,5\n", **words)
    assert sent.status_code == 201, sent.text
    assert rows(client, "stock")[0]["on_hand"] == 1.5


def test_compressed_reports_are_read_and_a_bomb_is_not(client, key):
    assert send(client, key, "customer-returns", gzip.compress(RETURNS.encode())).status_code == 201
    bomb = send(client, key, "customer-returns", gzip.compress(b"0" * 300_000_000))
    assert (bomb.status_code, bomb.json()["code"]) == (413, "upload.too_large")


@pytest.mark.parametrize(
    ("kind", "text", "words", "code"),
    [
        ("nothing", RETURNS, {}, "usage"),
        ("reimbursements", RETURNS, {}, "data.invalid"),
        ("customer-returns", "", {}, "data.invalid"),
        ("customer-returns", RETURNS, {"date": "yesterday"}, "usage"),
        ("customer-returns", RETURNS, {"map": "sku"}, "usage"),
        ("customer-returns", RETURNS, {"time_zone": "Nowhere/Land"}, "usage"),
        ("customer-returns", RETURNS, {"dataset": "No Such"}, "dataset.unknown"),
        ("myi", "sku\tafn-fulfillable-quantity\nA\t1\n", {}, "usage"),
        ("generic", RETURNS, {}, "usage"),
        ("customer-returns", RETURNS, {"mode": "maybe"}, "request.invalid"),
    ],
)
def test_wrong_words_and_files_are_problems_with_their_codes(client, key, kind, text, words, code):
    sent = send(client, key, kind, text, **words)
    assert sent.status_code in (404, 422)
    assert sent.json()["code"] == code
    assert client.get(URL).json()["items"] == []


def test_large_and_patient_requests_become_jobs(client, key):
    asked = client.post(URL, params={"kind": "customer-returns"}, content=RETURNS, headers=key(Prefer="respond-async"))
    assert asked.status_code == 202
    assert client.get(asked.headers["location"]).json()["kind"] == "report"
    line = "2024-07-14\tO-1\tA\t1\tSELLABLE\tred\n"
    large = send(client, key, "customer-returns", RETURNS + line * (SMALL_BYTES // len(line) + 1))
    assert large.status_code == 202


def test_no_tenant_sees_anothers_imports(client, key, platform, caller_of_tenant):
    acme, rival = (caller_of_tenant(platform, tenant) for tenant in ("acme", "rival"))
    sent = send(acme, key, "overage-fees", "charged_date\tcharged_fee_amount\n2024-07-01\t12.50\n").json()
    for path in ("", "/errors", "/tables/charges"):
        assert acme.get(f"{URL}/{sent['import_id']}{path}").status_code == 200
        assert rival.get(f"{URL}/{sent['import_id']}{path}").status_code == 404
    assert rival.get(URL).json()["items"] == []
    assert send(rival, key, "overage-fees", "charged_date\tcharged_fee_amount\n2024-07-01\t12.50\n").status_code == 201


def test_imports_are_listed_newest_first_a_page_at_a_time(client, key, clock):
    for location in "abc":
        clock.forward(minutes=1)
        send(client, key, "customer-returns", RETURNS, location=location)
    send(client, key, "overage-fees", "charged_date\tcharged_fee_amount\n2024-07-01\t12.50\n")
    first = client.get(URL, params={"limit": 3}).json()
    rest = client.get(URL, params={"limit": 3, "cursor": first["next_cursor"]}).json()
    found = [item["import_id"] for item in first["items"] + rest["items"]]
    assert len(set(found)) == 4
    assert rest["next_cursor"] is None
    assert len(client.get(URL, params={"kind": "overage-fees"}).json()["items"]) == 1
    answers.ImportsAnswer.model_validate(first)


def test_a_trends_series_of_another_scale_is_refused_until_it_is_to_be_replaced(client, key):
    def export(*lines):
        return "c\n\nWeek,lamp: (US)\n" + "".join(f"{line}\n" for line in lines)

    first, second = export("2024-06-02,100", "2024-06-09,40"), export("2024-06-09,100", "2024-06-16,7")
    assert send(client, key, "google-trends", first).status_code == 201
    refused = send(client, key, "google-trends", second)
    assert (refused.status_code, "cannot be compared" in refused.json()["detail"]) == (422, True)
    assert send(client, key, "google-trends", second, replace_series=True).status_code == 201
    assert [row["value"] for row in rows(client, "signals")] == [100, 7]


def test_the_kinds_are_listed(client):
    kinds = answers.ImportKindsAnswer.model_validate(client.get("/v1/import-kinds").json())
    assert {"ledger-detail", "keepa", "generic"} <= {item.kind for item in kinds.items}
