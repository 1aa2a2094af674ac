"""The parts of the errors' repository."""

from __future__ import annotations

from ..engine import Database
from .activity import ActivityRepository
from .counts import CountsRepository
from .events import EventsRepository
from .groups import GroupsRepository
from .reports import ReportsRepository
from .workflow import WorkflowRepository


class ErrorsRepository:
    """Reads of lists are asked for many parents at once; `reports` is the one way in for events, `workflow` what people do."""

    def __init__(self, database: Database) -> None:
        self.groups = GroupsRepository(database)
        self.events = EventsRepository(database)
        self.counts = CountsRepository(database)
        self.activity = ActivityRepository(database)
        self.workflow = WorkflowRepository(database)
        self.reports = ReportsRepository(database)
