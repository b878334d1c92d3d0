"""Schemathesis over the whole OpenAPI document: what it generates is answered as documented, never with a crash."""

from dataclasses import replace

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from serving.access.limits import Limits
from serving.api import create_api
from tests.services import bearer, make_key, make_platform

QUICK = settings(
    max_examples=4, deadline=None, phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck)
)
LONG = settings(QUICK, max_examples=100)


@pytest.fixture(scope="module")
def contract(context, tmp_path_factory):
    """The document's operations, and the header of a caller who has every scope of the tenant local."""
    platform = make_platform(tmp_path_factory.mktemp("contract"), context=context)
    platform.limits = replace(Limits(), rate_per_second=10**6, burst=10**6)
    schema = schemathesis.openapi.from_asgi("/v1/openapi.json", create_api(platform))
    return [found.ok() for found in schema.get_all_operations()], bearer(make_key(platform))


def check(contract, effort):
    # A schema cannot say everything: a cursor is ours, `skus` and `series` exclude each other. Those may be 422.

    operations, headers = contract
    assert operations
    for operation in operations:

        @effort
        @given(case=operation.as_strategy())
        def answers_as_documented(case):
            case.call_and_validate(headers=headers, excluded_checks=[positive_data_acceptance])

        answers_as_documented()


def test_every_operation_keeps_its_contract(contract):
    check(contract, QUICK)


@pytest.mark.slow
def test_every_operation_keeps_its_contract_at_length(contract):
    check(contract, LONG)
