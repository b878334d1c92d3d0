"""OpenTelemetry spans of requests: off unless the standard OTEL_* variables name an exporter."""

from collections.abc import Mapping
from importlib.metadata import entry_points

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter

from core.errors import ConfigurationError
from serving.environment import version

__all__ = ["start_tracing", "tracer_of"]

GROUP = "opentelemetry_traces_exporter"
"""Where packages list their exporters: `console` is the SDK's, `otlp` is opentelemetry-exporter-otlp's."""


def start_tracing(environment: Mapping[str, str]) -> TracerProvider | None:
    """Return a provider that sends spans where OTEL_TRACES_EXPORTER says (`console`, `otlp`, …); None where it is not
    set, or `none`, or OTEL_SDK_DISABLED.

    Sampling, the endpoint and its headers are the SDK's own variables. Raises ConfigurationError for an exporter that
    is not installed.
    """
    name = environment.get("OTEL_TRACES_EXPORTER", "none").strip()
    if name in ("", "none") or environment.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return None
    found = entry_points(group=GROUP, name=name)
    if not found:
        raise ConfigurationError(
            f"OTEL_TRACES_EXPORTER={name!r} is not installed; pip install opentelemetry-exporter-{name}, or unset it"
        )
    exporter: SpanExporter = next(iter(found)).load()()
    given = {"service.name": environment.get("OTEL_SERVICE_NAME") or "fillrate", "service.version": version()}
    provider = TracerProvider(resource=Resource.create(given))
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider


def tracer_of(provider: TracerProvider | None) -> trace.Tracer:
    """Return the tracer of a provider; without one spans cost nothing and go nowhere."""
    return (provider or trace.NoOpTracerProvider()).get_tracer("fillrate", version())
