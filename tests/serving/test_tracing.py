"""Spans: none unless asked for, then one a request with its route template, in the caller's trace."""

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from core.errors import ConfigurationError
from serving.tracing import start_tracing
from tests.services import client_of, make_platform

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def test_a_request_is_a_span_of_the_callers_trace(tmp_path, sqlite_database):
    platform, exporter = make_platform(tmp_path, sqlite_database), InMemorySpanExporter()
    platform.traces = TracerProvider()
    platform.traces.add_span_processor(SimpleSpanProcessor(exporter))
    parent = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}
    answer = client_of(platform).delete("/v1/keys/nobody", headers=parent | {"Idempotency-Key": "k"})
    (span,) = exporter.get_finished_spans()
    assert span.name == "DELETE /v1/keys/{key_id}"
    assert f"{span.context.trace_id:032x}" == TRACE == answer.json()["trace_id"]
    assert span.attributes["http.response.status_code"] == 404
    assert "nobody" not in str(dict(span.attributes))
    platform.traces.shutdown()


@pytest.mark.parametrize(
    "environment",
    [{}, {"OTEL_TRACES_EXPORTER": "none"}, {"OTEL_TRACES_EXPORTER": "console", "OTEL_SDK_DISABLED": "true"}],
)
def test_nothing_is_traced_unless_asked_for(environment):
    assert start_tracing(environment) is None


def test_an_exporter_is_found_by_its_standard_name():
    provider = start_tracing({"OTEL_TRACES_EXPORTER": "console"})
    assert provider is not None
    provider.shutdown()


def test_an_exporter_that_is_not_installed_is_refused_with_the_remedy():
    with pytest.raises(ConfigurationError, match="pip install opentelemetry-exporter-nobodys"):
        start_tracing({"OTEL_TRACES_EXPORTER": "nobodys"})
