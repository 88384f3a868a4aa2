"""Traces by OpenTelemetry, sent to a collector when one is named. They hold no text that anybody says."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

from wherefore.errors import MissingPackageError

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider


def traced_to(collector: str) -> TracerProvider:
    """A provider whose spans go to a collector by OTLP over HTTP.

    Args:
        collector: Its address, like `http://localhost:4318`.

    Raises:
        MissingPackageError: If OpenTelemetry's SDK or its exporter is not installed; has the command.
    """
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise MissingPackageError(
            "traces need OpenTelemetry's SDK; install it with: pip install 'wherefore[traces]'"
        ) from error
    address = collector.rstrip("/")
    if not address.endswith("/v1/traces"):
        address += "/v1/traces"
    about = Resource.create({"service.name": "wherefore", "service.version": version("wherefore")})
    provider = TracerProvider(resource=about)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=address)))
    return provider
