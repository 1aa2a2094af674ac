"""Log lines: pages, volume, patterns, the lines around one, the names found in them."""

from .batches import logs_around, logs_of_span, logs_of_trace
from .connections import log_page
from .fields import log_field_values, log_fields
from .lines import logs
from .patterns import log_patterns
from .recent import recent_errors
from .surroundings import log_context
from .volume import connection_volume, count_total, log_volume

__all__ = [
    "connection_volume",
    "count_total",
    "log_context",
    "log_field_values",
    "log_fields",
    "log_page",
    "log_patterns",
    "log_volume",
    "logs",
    "logs_around",
    "logs_of_span",
    "logs_of_trace",
    "recent_errors",
]
