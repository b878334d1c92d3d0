"""Every read and every change of every route, with a made-up row of another tenant in every table that there is."""

import re

import pytest
import sqlalchemy as sa

from serving.documentation import CHANGING
from tests.api.made_up_rows import IDENTITY, MARK, fill_every_table, tenant_tables
from tests.services import bearer, client_of, make_key, make_platform

WORDS = {"form": "json", "file": "forecast.csv", "version": "champion", "table": "sales"}
"""What stands in paths that lead to a part of something."""

REACHED = {
    "/v1/audit",
    "/v1/channels",
    "/v1/datasets",
    "/v1/datasets/{dataset}",
    "/v1/datasets/{dataset}/versions",
    "/v1/imports",
    "/v1/imports/{import_id}",
    "/v1/imports/{import_id}/errors",
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
def service(tmp_path, sqlite_database):
    return Service(tmp_path, sqlite_database, None)


def test_a_tenant_never_reads_or_changes_anothers(service):
    rival = make_key(service.platform, "rival")
    before = service.rows_of("acme")
    for method, path, _ in sorted(service.operations(), key=lambda operation: operation[0] in CHANGING):
        answer = service.ask(method, path, bearer(rival))
        assert MARK not in answer.text, (method, path)
        assert "{" in path or method in CHANGING or IDENTITY not in answer.text, (method, path)
        assert answer.status_code in (503, *range(500)), (method, path, answer.text)  # 503: no model is loaded
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
