"""Which reports are the same error: the first strategy that can tell gives the fingerprint. Pure functions, versioned."""

from .group import VERSION, Grouping, group_report

__all__ = ["VERSION", "Grouping", "group_report"]
