"""Tracked errors in the store: groups, events, counts, and how reports get in."""

from .repository import ErrorsRepository

__all__ = ["ErrorsRepository"]
