"""The stock over REST: told once, asked at any day, refused with the place of what is wrong."""

import pytest

from tests.services import client_of, make_platform

RECEIPT = {
    "sku": "A",
    "location": "3pl",
    "date": "2024-07-01",
    "kind": "receipt",
    "units": 10,
    "reference": "r1",
    "unit_cost": "2.50",
}


@pytest.fixture
def client(tmp_path, database):
    return client_of(make_platform(tmp_path, database))


def tell(client, *movements, key="k1"):
    return client.post("/v1/movements", json={"movements": list(movements)}, headers={"Idempotency-Key": key})


def sale(units, reference, **more):
    return RECEIPT | {"kind": "sale", "units": units, "reference": reference, "unit_cost": None} | more


def test_movements_are_recorded_once_under_any_key(client) -> None:
    first = tell(client, RECEIPT, sale(3, "s1", date="2024-07-05"))
    assert (first.status_code, first.json()) == (201, {"new": 2, "repeated": 0})
    assert tell(client, RECEIPT, sale(3, "s1", date="2024-07-05")).headers["idempotency-replayed"] == "true"
    assert tell(client, RECEIPT, key="k2").json() == {"new": 0, "repeated": 1}
    (row,) = client.get("/v1/positions", params={"sku": "A"}).json()["items"]
    assert (row["location"], row["available"]) == ("3pl", 7)


def test_positions_and_lots_can_be_asked_at_any_day(client) -> None:
    tell(client, RECEIPT, RECEIPT | {"reference": "r2", "date": "2024-07-03"}, sale(12, "s1", date="2024-07-05"))
    at = {day: client.get("/v1/positions", params={"at": day}).json()["items"] for day in ("2024-07-01", "2024-07-05")}
    assert at["2024-07-01"] == []
    assert at["2024-07-05"][0]["available"] == 20
    lots = client.get("/v1/lots", params={"sku": "A", "at": "2024-07-10"}).json()
    assert [(lot["received_on"], lot["age_days"], lot["units"], lot["unit_cost"]) for lot in lots["items"]] == [
        ("2024-07-03", 7, 8, "2.50")
    ]
    assert lots["inbound"] == []
    order = {"sku": "A", "location": "3pl", "date": "2024-07-02", "kind": "order_placed", "units": 6, "reference": "po"}
    tell(client, order, order | {"date": "2024-07-06", "kind": "shipment", "units": 4, "reference": "sh"}, key="k2")
    found = client.get("/v1/lots", params={"sku": "A", "at": "2024-07-10"}).json()["inbound"]
    assert {(row["stage"], row["since"], row["age_days"], row["units"]) for row in found} == {
        ("on_order", "2024-07-02", 8, 2),
        ("inbound_shipped", "2024-07-06", 4, 4),
    }


def test_more_than_there_is_is_a_conflict_and_changes_nothing(client) -> None:
    tell(client, RECEIPT)
    answer = tell(client, sale(4, "s1"), sale(7, "s2"), key="k2")
    assert (answer.status_code, answer.json()["code"]) == (409, "stock.conflict")
    assert "A at 3pl: 1 available too few" in answer.json()["detail"]
    assert len(client.get("/v1/movements").json()["items"]) == 1


@pytest.mark.parametrize(
    ("broken", "pointer"),
    [
        ({"units": -1}, "#/movements/0/units"),
        ({"units": 1.5}, "#/movements/0/units"),
        ({"kind": "stolen"}, "#/movements/0/kind"),
        ({"date": "2024-02-30"}, "#/movements/0/date"),
        ({"unit_cost": "NaN"}, "#/movements/0/unit_cost"),
        ({"sku": "a\tb"}, "#/movements/0/sku"),
        ({"surprise": 1}, "#/movements/0/surprise"),
    ],
)
def test_what_is_wrong_with_a_movement_has_its_place(client, broken, pointer) -> None:
    answer = tell(client, RECEIPT | broken)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer


def test_a_movement_that_its_kind_does_not_allow_is_refused_with_what_it_does(client) -> None:
    answer = tell(client, RECEIPT | {"leaves": "reserved"})
    assert (answer.status_code, answer.json()["code"]) == (422, "data.invalid")
    assert "outside → available" in answer.json()["detail"]


def test_lists_come_in_pages_that_leave_nothing_out(client) -> None:
    told = [RECEIPT | {"sku": f"S{number}", "reference": f"r{number}"} for number in range(7)]
    tell(client, *told)
    for path, name in (("/v1/movements", "sku"), ("/v1/positions", "sku")):
        seen, cursor = [], None
        while True:
            page = client.get(path, params={"limit": 3} | ({"cursor": cursor} if cursor else {})).json()
            seen += [item[name] for item in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert seen == [f"S{number}" for number in range(7)]
