"""From lines that were asked for to the page of them."""

from __future__ import annotations

from datasources.records.logs import LogConnection, LogPage

from ..context import RequestContext
from .batches import MomentQuestion, TraceQuestion, read_moments, read_traces
from .lines import PageQuestion, read_pages


async def log_page(context: RequestContext, connection: LogConnection) -> LogPage:
    """The page, read once however often it is asked for in a request.

    Raises: BadInput, SourceError.
    """
    match connection.question:
        case PageQuestion() as question:
            return await context.loaders.load(read_pages, question)
        case TraceQuestion() as question:
            return await context.loaders.load(read_traces, question)
        case MomentQuestion() as question:
            return await context.loaders.load(read_moments, question)
        case other:
            raise TypeError(f"{other!r} asks for no page")
