"""Schemathesis over the whole OpenAPI document: what it generates is answered as documented, never with a crash.

Alone, operation by operation; and along the document's links, where what one operation makes is what the next is about.
"""

import os
import random
import secrets
import shutil
import uuid
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from serving.access import Caller, Scope
from serving.access.limits import Limits
from serving.api import create_api
from serving.backup.saving import copy_sqlite, sqlite_file
from tests.api.tenant_seeds import seed_jobs, seed_proposals, seed_stock, seed_webhooks
from tests.contract.test_openapi import OPERATIONS
from tests.services import bearer, make_key, make_platform

QUICK = settings(
    max_examples=4, deadline=None, phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck)
)
LONG = settings(QUICK, max_examples=int(os.environ.get("FILLRATE_CONTRACT_EXAMPLES") or 100))


@pytest.fixture(scope="module")
def contract(context, tmp_path_factory):
    """The document, and the header of a caller who has every scope of the tenant local."""
    return contract_of(make_platform(tmp_path_factory.mktemp("contract"), context=context))


def contract_of(platform):
    platform.limits = replace(Limits(), rate_per_second=10**6, burst=10**6)
    schema = schemathesis.openapi.from_asgi("/v1/openapi.json", create_api(platform))
    return schema, bearer(make_key(platform))


def check(contract, effort, operation_id):
    # A schema cannot say everything: a cursor is ours, `skus` and `series` exclude each other. Those may be 422.

    schema, headers = contract
    operation = schema.find_operation_by_id(operation_id)

    @effort
    @given(case=operation.as_strategy())
    def answers_as_documented(case):
        case.call_and_validate(headers=headers, excluded_checks=[positive_data_acceptance])

    answers_as_documented()


@pytest.mark.parametrize("operation_id", OPERATIONS.values())
def test_an_operation_keeps_its_contract(contract, operation_id):
    check(contract, QUICK, operation_id)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("operation_id", OPERATIONS.values())
def test_an_operation_keeps_its_contract_at_length(contract, operation_id):
    check(contract, LONG, operation_id)


NAMES = {"dataset": "default", "sku": "SKU-04", "location": "main", "supplier": "Acme"}
"""What a generated name would hardly ever hit; the walk says these instead."""


REACHED = {"cancelJob", "createPlanRun", "getJob", "getPlanRun", "getSchedule"}
"""What a walk has to have done, by the names in answers before; 300 walks did, and never came to approveProposal."""


def named(facts):
    """Return what was generated with names that are there; a copy, because it may be an example of the document."""
    if isinstance(facts, list):
        return [named(item) for item in facts]
    if not isinstance(facts, dict):
        return facts
    known = NAMES | ({"skus": ["SKU-04", "SKU-05"]} if facts.get("skus") else {})
    return {
        key: known[key] if key in known and isinstance(value, str | list) else named(value)
        for key, value in facts.items()
    }


def follow_links(contract, reset, effort):
    """Walk along the links: each step takes names and ETags from an answer before it; return what succeeded."""
    schema, headers = contract
    schema.config.generation.update(modes=[GenerationMode.POSITIVE])
    succeeded = Counter()

    class Walk(schema.as_state_machine()):
        def setup(self):
            reset()  # what one walk made must not be there in the next: Hypothesis repeats walks

        def before_call(self, case):
            if isinstance(case.query, dict):
                case.query = named(case.query)
            if isinstance(case.body, dict):
                case.body = named(case.body)

        def get_call_kwargs(self, case):
            return {"headers": headers}

        def validate_response(self, response, case, additional_checks=None, **told):
            case.validate_response(response, excluded_checks=[positive_data_acceptance], transport_kwargs=told)
            assert response.status_code not in (401, 403), "a walk of a stranger shows nothing"
            if response.status_code < 300:
                succeeded[case.operation.definition.raw["operationId"]] += 1

    Walk.run(settings=effort)
    return succeeded


@pytest.fixture
def drawn(monkeypatch):
    """What the service draws at random, from a seed that is set anew for each walk: a repeated walk is the same."""
    draw = random.Random()
    monkeypatch.setattr(uuid, "uuid4", lambda: uuid.UUID(int=draw.getrandbits(128), version=4))
    monkeypatch.setattr(secrets, "token_hex", lambda count: draw.randbytes(count).hex())
    monkeypatch.setattr(secrets, "token_bytes", draw.randbytes)
    return draw


@pytest.fixture
def seeded(context, tmp_path, drawn):
    """A tenant that has proposals, an order, jobs, channels, endpoints and alerts to begin with."""
    platform = make_platform(tmp_path, context=context)
    caller = Caller("local", "seeds", frozenset(Scope))
    for seed in (seed_webhooks, seed_stock, seed_jobs, seed_proposals):
        seed(platform, caller)
    found = contract_of(platform)  # its key is one of the things to begin with
    begin, own = tmp_path / "begin.db", sqlite_file(platform.database)
    copy_sqlite(own, begin)

    def reset():
        platform.database.close()
        for side in ("-wal", "-shm"):
            own.with_name(own.name + side).unlink(missing_ok=True)
        shutil.copyfile(begin, own)
        for folder in filter(Path.is_dir, list(tmp_path.iterdir())):
            shutil.rmtree(folder)
        drawn.seed(20240415)

    return found, reset


def test_what_one_operation_makes_the_next_one_takes(seeded):
    assert follow_links(*seeded, settings(QUICK, max_examples=10, stateful_step_count=8)), "it went nowhere"


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_what_one_operation_makes_the_next_one_takes_at_length(seeded):
    succeeded = follow_links(*seeded, settings(LONG, max_examples=10 * LONG.max_examples, stateful_step_count=10))
    assert set(succeeded) >= REACHED, f"never reached: {sorted(REACHED - set(succeeded))}"
