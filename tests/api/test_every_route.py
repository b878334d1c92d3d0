"""What holds for every route of the OpenAPI document: nobody gets in without a key, without its scope, or to another
tenant's data."""

import re

import pytest
import sqlalchemy as sa

from serving.access import Scope
from serving.documentation import CHANGING
from tests.api.tenant_seeds import IDENTITY, MARK, fill_every_table, tenant_tables
from tests.services import bearer, client_of, make_key, make_platform

WORDS = {"form": "json", "file": "forecast.csv", "version": "champion", "table": "sales"}
"""What stands in paths that lead to a part of something."""

REACHED = {
    "/v1/audit",
    "/v1/channels",
    "/v1/datasets",
    "/v1/datasets/{dataset}",
    "/v1/datasets/{dataset}/versions",
    "/v1/issued-forecasts/{forecast_id}",
    "/v1/jobs/{job_id}",
    "/v1/keys",
    "/v1/movements",
    "/v1/plan-runs",
    "/v1/plan-runs/{run_id}",
    "/v1/positions",
    "/v1/proposals",
    "/v1/proposals/{proposal_id}",
    "/v1/purchase-order-drafts",
    "/v1/purchase-order-drafts/{draft_id}",
    "/v1/schedules",
}
"""Routes that find acme's made-up rows when acme asks."""


class Service:
    """The whole application with the tenants acme, which has a row in every table, and rival, which looks for them."""

    def __init__(self, folder, database, context):
        self.platform = make_platform(folder, database, context)
        with database.transaction() as connection:
            fill_every_table(connection, "acme")
        self.client = client_of(self.platform)
        self.document = self.client.get("/v1/openapi.json").json()

    def operations(self):
        for path, operations in self.document["paths"].items():
            for method, operation in operations.items():
                yield method, path, operation

    def ask(self, method, path, headers=None):
        """Send a request whose body says nothing, to acme's things where the path has a place for them."""
        address = re.sub(r"\{(\w+)[^}]*\}", lambda place: WORDS.get(place[1], IDENTITY), path)
        body = {"content": b"{}"} if method in CHANGING else {}
        sent = {"Content-Type": "application/json", "Idempotency-Key": f"k-{method}", "If-Match": "*"} | (headers or {})
        return self.client.request(method.upper(), address, headers=sent, **body)

    def rows_of(self, tenant):
        with self.platform.database.reading() as connection:
            return {
                table.name: connection.execute(sa.select(table).where(table.c.tenant == tenant)).all()
                for table in tenant_tables()
            }


@pytest.fixture
def service(tmp_path, sqlite_database, context):
    return Service(tmp_path, sqlite_database, context)


def test_every_route_states_the_one_scope_that_it_needs(service):
    for method, path, operation in service.operations():
        (need,) = operation["security"]
        assert len(need["bearer"]) == 1, (method, path)
        assert need["bearer"][0] in set(Scope)


def test_no_route_answers_without_a_key_once_there_are_keys(service):
    for method, path, _ in service.operations():
        answer = service.ask(method, path)
        assert (answer.status_code, answer.json()["code"]) == (401, "auth.missing"), (method, path)


def test_no_route_answers_without_its_scope(service):
    keys = {scope: make_key(service.platform, "acme", [scope]) for scope in Scope if scope != Scope.ADMIN}
    for method, path, operation in service.operations():
        needed = operation["security"][0]["bearer"][0]
        for scope, key in keys.items():
            answer = service.ask(method, path, bearer(key))
            if scope == needed:
                assert answer.status_code != 403, (method, path, scope)
            else:
                assert (answer.status_code, answer.json()["errors"][0]["message"]) == (403, needed), (method, path)


def test_a_tenant_never_reads_or_changes_anothers(service):
    rival = make_key(service.platform, "rival")
    before = service.rows_of("acme")
    for method, path, _ in sorted(service.operations(), key=lambda operation: operation[0] in CHANGING):
        answer = service.ask(method, path, bearer(rival))
        assert MARK not in answer.text, (method, path)
        assert "{" in path or method in CHANGING or IDENTITY not in answer.text, (method, path)
        assert answer.status_code < 500, (method, path, answer.text)
    after = service.rows_of("acme")
    for table, rows in before.items():
        assert after[table] == rows, table


def test_what_a_tenant_may_not_see_is_there_for_its_owner(service, caplog):
    """Else the test before shows nothing: the owner's rows are found, if only to break an answer (they are made up)."""
    caplog.set_level("CRITICAL")
    acme = make_key(service.platform, "acme")
    reached = set()
    for method, path, _ in service.operations():
        if method == "get":
            answer = service.ask(method, path, bearer(acme))
            named = MARK in answer.text or (IDENTITY in answer.text and "{" not in path)
            if named or answer.status_code == 500:
                reached.add(path)
    assert reached >= REACHED


def test_a_tenant_without_data_is_not_given_the_local_ones(service):
    rival = make_key(service.platform, "rival")
    forecast = service.client.post("/v1/forecasts", json={"skus": ["SKU-01"]}, headers=bearer(rival))
    assert forecast.status_code == 404
    for path in ("/v1/products", "/v1/models/champion"):
        assert service.client.get(path, headers=bearer(rival)).status_code == 404


def test_every_changing_route_documents_and_wants_its_idempotency_key(service):
    admin = make_key(service.platform, "rival")
    for method, path, operation in service.operations():
        if method not in CHANGING or operation.get("x-changes-nothing"):
            continue
        assert "Idempotency-Key" in [item["name"] for item in operation["parameters"]]
        answer = service.ask(method, path, bearer(admin) | {"Idempotency-Key": ""})
        assert answer.status_code in (400, 404, 415, 422), (method, path)  # a body of no sense may be told first
        assert answer.status_code != 400 or answer.json()["code"] == "idempotency.missing"


def test_every_error_that_a_route_documents_is_a_problem_document(service):
    for method, path, operation in service.operations():
        errors = {status: answer for status, answer in operation["responses"].items() if status >= "400"}
        assert {"401", "403", "429", "500", "503"} <= set(errors), (method, path)
        assert all(list(answer["content"]) == ["application/problem+json"] for answer in errors.values())
