"""Fees, unit economics, suppliers and returns over REST: the same tables as on the command line."""

from datetime import date
from decimal import Decimal

import pytest

from serving import goods, money
from serving.context import ServiceContext
from tests.money_shop import AS_OF, write_money_shop
from tests.services import client_of, make_platform

DAY = date.fromisoformat(AS_OF)


@pytest.fixture(scope="module")
def context(tmp_path_factory) -> ServiceContext:
    """The money shop, answered by a baseline: fees need no trained model."""
    from core.settings import Settings
    from serving import use_cases

    home = tmp_path_factory.mktemp("money")
    settings = Settings.from_environment({"FILLRATE_HOME": str(home / "home")})
    return use_cases.load_service(write_money_shop(home / "shop"), DAY, settings, lambda _: None, "no model yet", 0)


@pytest.fixture
def client(tmp_path, context, sqlite_database):
    return client_of(make_platform(tmp_path, sqlite_database, context))


def told(client, path, **query):
    answer = client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_fees_are_those_of_the_library_dearest_first_a_page_at_a_time(client, context) -> None:
    books = money.open_books(context.dataset, DAY, money.FeeOptions(days=30), lambda _: None)
    table = money.fee_table(books)
    items, cursor = [], None
    while True:
        page = told(client, "/v1/fees", days=30, limit=2, **({"cursor": cursor} if cursor else {}))
        items, cursor = items + page["items"], page["next_cursor"]
        if cursor is None:
            break
    assert [item["sku"] for item in items] == table["sku"].tolist()
    assert Decimal(page["total"]) == sum((run.total for run in books.runs.values()), Decimal(0)).quantize(
        Decimal("0.0001")
    )
    assert sum(Decimal(item["total"]) for item in items) == pytest.approx(Decimal(page["total"]), abs=Decimal("0.001"))
    assert 0 < Decimal(page["unconfirmed"]) < Decimal(page["total"])
    assert (page["as_of"], page["currency"], page["days"]) == (AS_OF, "USD", 30)


def test_fees_of_a_forecast_differ_from_those_of_the_recent_mean(client) -> None:
    recent, forecast = (told(client, "/v1/fees", demand=demand) for demand in ("recent", "forecast"))
    assert recent["total"] != forecast["total"]
    assert Decimal(forecast["total"]) == pytest.approx(Decimal(recent["total"]), rel=Decimal("0.5"))


def test_fees_of_another_year_and_of_a_year_without_rates(client) -> None:
    assert told(client, "/v1/fees", rates_year=2025)["rates_on"].startswith("2025")
    answer = client.get("/v1/fees", params={"rates_year": 2018})
    assert (answer.status_code, answer.json()["code"]) == (404, "fee.unknown")


def test_the_orders_of_a_stored_plan_cost_storage_too(client) -> None:
    made = client.post("/v1/plan-runs", json={}, headers={"Idempotency-Key": "p1"})
    assert made.status_code in (200, 201), made.text
    run = made.json()["run_id"]
    without, planned = told(client, "/v1/fees", days=180), told(client, "/v1/fees", days=180, plan_run=run)
    assert planned["plan_run"] == run

    def units(answer):
        return sum(item["sold"] + item["left"] for item in answer["items"])

    assert units(planned) > units(without), "what the plan orders is sold or left"
    assert client.get("/v1/fees", params={"plan_run": "0" * 24}).json()["code"] == "resource.unknown"


def test_unit_economics_are_those_of_the_library(client, context) -> None:
    from inventory.profit.profit_table import profit_table

    books = money.open_books(context.dataset, DAY, money.FeeOptions(), lambda _: None)
    table = profit_table(money.profit_facts(books)).set_index("sku")
    items = told(client, "/v1/unit-economics")["items"]
    assert [item["sku"] for item in items] == sorted(table.index)
    for item in items:
        assert float(item["margin"]) == pytest.approx(table.loc[item["sku"], "margin"], abs=1e-4)
        assert item["roi"] == pytest.approx(table.loc[item["sku"], "roi"])
        parts = ("landed_cost", "referral", "fulfilment", "storage", "returns", "advertising")
        left = Decimal(item["price"]) - sum(Decimal(item[name]) for name in parts)
        assert left == pytest.approx(Decimal(item["margin"]), abs=Decimal("0.001"))


def test_suppliers_are_scored_with_their_lead_times_and_floors(client, context) -> None:
    report = goods.supplier_report(context.dataset, DAY)
    answer = told(client, "/v1/suppliers")
    assert [row["supplier"] for row in answer["scores"]] == report.scores["supplier"].tolist() == ["Acme", "Near"]
    assert answer["scores"][0]["late_rate"] == pytest.approx(4 / 6)
    assert len(answer["lead_times"]) == len(report.lead_times)
    assert len(answer["floors"]) == len(report.floors)


def test_returns_name_the_batch_that_chance_does_not_explain(client) -> None:
    answer = told(client, "/v1/returns")
    assert [(row["batch"], row["sku"]) for row in answer["batches"] if row["abnormal"]] == [("PO-3", "SHOE")]
    assert any(row["action"] == "claim against the supplier" for row in answer["todo"])
    assert {row["sku"] for row in answer["resale"]} >= {"SHOE"}


@pytest.mark.parametrize(
    ("found", "grade", "disposition"),
    [
        ({"scores": {"packaging": 1, "accessories": 1, "wear": 1}}, "intact", "restock"),
        ({"scores": {"packaging": 0.4, "accessories": 1, "wear": 0.9}}, "A", "discount"),
        ({"scores": {"packaging": 1, "accessories": 1, "wear": 1}, "works": False}, "B", "refurbish"),
        ({"scores": {"packaging": 1, "accessories": 1, "wear": 1}, "obsolete": True}, "C", "parts"),
    ],
)
def test_an_inspected_unit_has_a_grade_and_the_way_that_leaves_most(client, found, grade, disposition) -> None:
    body = found | {"value": {"price": "40.00", "unit_cost": "10.00"}}
    answer = client.post("/v1/returns/inspections", json=body).json()
    assert (answer["accepted"], answer["grade"], answer["disposition"]) == (True, grade, disposition)
    assert all(Decimal(answer["value"]) >= Decimal(other["value"]) for other in answer["alternatives"])


def test_a_repair_that_costs_more_than_it_brings_is_not_chosen(client) -> None:
    value = {"price": "40.00", "unit_cost": "10.00", "repair": "39.00"}
    body = {"scores": {"packaging": 1, "accessories": 1, "wear": 1}, "works": False, "value": value}
    assert client.post("/v1/returns/inspections", json=body).json()["disposition"] == "parts"


def test_what_fails_the_checklist_is_named_and_a_missing_score_refused(client) -> None:
    body = {"scores": {"packaging": 1, "accessories": 0.2, "wear": 1}}
    answer = client.post("/v1/returns/inspections", json=body).json()
    assert (answer["accepted"], answer["failed"], answer["disposition"]) == (False, ["accessories"], None)
    missing = client.post("/v1/returns/inspections", json={"scores": {"packaging": 1}})
    assert (missing.status_code, "accessories" in missing.json()["detail"]) == (422, True)


def test_refunds_that_neither_came_back_nor_were_paid_are_listed(client) -> None:
    refunds = [
        {"order_id": "O-1", "sku": "SHOE", "date": "2026-03-10", "units": 1},
        {"order_id": "O-2", "sku": "SHOE", "date": "2026-03-11", "units": 2},
    ]
    paid = [{"order_id": "O-2", "sku": "SHOE", "date": "2026-04-20", "units": 2}]
    body = {"refunds": refunds, "reimbursements": paid}
    (item,) = client.post("/v1/returns/missing-credits", json=body).json()["items"]
    assert (item["order_id"], item["missing"], item["status"]) == ("O-1", 1.0, "claim")
    assert (item["claim_from"], item["claim_until"]) == ("2026-05-09", "2026-07-08")


def test_a_dataset_that_is_not_there_is_told(client) -> None:
    for path in ("/v1/fees", "/v1/unit-economics", "/v1/suppliers", "/v1/returns"):
        assert client.get(path, params={"dataset": "other"}).status_code == 404
