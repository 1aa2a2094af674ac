"""Traces, metrics and logs of one service, sent to the collector by OTLP/HTTP; addresses come from the OTEL_* variables."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass

from opentelemetry import metrics, trace
from opentelemetry._logs import Logger, SeverityNumber
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

# The bounds that the semantic conventions advise for http.server.request.duration, in seconds.
DURATION_BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
SEVERITIES = {"INFO": SeverityNumber.INFO, "WARN": SeverityNumber.WARN, "ERROR": SeverityNumber.ERROR}


@dataclass(frozen=True)
class Telemetry:
    """What a service writes its signals with."""

    tracer: trace.Tracer
    duration: metrics.Histogram
    logger: Logger

    def log(self, level: str, message: str, **attributes: str | int | float) -> None:
        """One line, to the collector with the span that it was written in, and to the terminal."""
        print(level, message, attributes, file=sys.stderr)
        self.logger.emit(
            timestamp=time.time_ns(),
            severity_number=SEVERITIES[level],
            severity_text=level,
            body=message,
            attributes=attributes,
        )


def start(service: str, instance: str) -> Telemetry:
    """Starts the three pipelines for one service."""
    resource = Resource.create(
        {
            "service.name": service,
            "service.namespace": "shop",
            "service.version": "1.0.0",
            "service.instance.id": instance,
            "deployment.environment.name": "compose",
        }
    )
    traces = TracerProvider(resource=resource)
    traces.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(), schedule_delay_millis=1000))
    logs = LoggerProvider(resource=resource)
    logs.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter(), schedule_delay_millis=1000))
    reader = PeriodicExportingMetricReader(OTLPMetricExporter(), export_interval_millis=10_000)
    meter = MeterProvider([reader], resource=resource).get_meter("shop")
    return Telemetry(
        tracer=traces.get_tracer("shop"),
        duration=meter.create_histogram(
            "http.server.request.duration",
            unit="s",
            description="Duration of HTTP server requests.",
            explicit_bucket_boundaries_advisory=DURATION_BOUNDS,
        ),
        logger=logs.get_logger("shop"),
    )
