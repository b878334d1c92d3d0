"""What holds for every route of the OpenAPI document: nobody gets in without a key, without its scope, or to another
tenant's data."""

import re

import pytest
import sqlalchemy as sa

from core.database import METADATA
from serving.access import Caller, Scope
from serving.documentation import CHANGING
from tests.api.tenant_seeds import MARK, SEEDS
from tests.services import bearer, client_of, make_key, make_platform

ACME = Caller("acme", "key:1:erp", frozenset(Scope))


class Service:
    """The whole application with the tenants acme, which has data, and rival, which looks for them."""

    def __init__(self, folder, database, context):
        self.platform = make_platform(folder, database, context)
        self.places = {"sku": "SKU-01", "location": "main"}
        for seed in SEEDS:
            self.places |= seed(self.platform, ACME)
        self.client = client_of(self.platform)
        self.document = self.client.get("/v1/openapi.json").json()

    def operations(self):
        for path, operations in self.document["paths"].items():
            for method, operation in operations.items():
                yield method, path, operation

    def ask(self, method, path, headers=None):
        """Send a request whose body says nothing, to acme's things where the path has a place for them."""
        address = re.sub(r"\{(\w+)[^}]*\}", lambda found: self.places.get(found[1], "1"), path)
        body = {"content": b"{}"} if method in CHANGING else {}
        sent = {"Content-Type": "application/json", "Idempotency-Key": f"k-{method}", "If-Match": "*"} | (headers or {})
        return self.client.request(method.upper(), address, headers=sent, **body)

    def rows_of(self, tenant):
        with self.platform.database.reading() as connection:
            return {
                table.name: connection.execute(sa.select(table).where(table.c.tenant == tenant)).all()
                for table in METADATA.sorted_tables
                if "tenant" in table.c
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
    for method, path, _ in service.operations():
        answer = service.ask(method, path, bearer(rival))
        assert MARK not in answer.text, (method, path)
        assert "{" not in path or answer.status_code in (404, 422), (method, path, answer.status_code)
    assert service.rows_of("acme") == before


def test_what_a_tenant_may_not_see_is_there_for_its_owner(service):
    acme = make_key(service.platform, "acme")
    answers = [
        service.ask(method, path, bearer(acme)).text for method, path, _ in service.operations() if method == "get"
    ]
    assert sum(MARK in text for text in answers) >= 2  # else the test before shows nothing


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
