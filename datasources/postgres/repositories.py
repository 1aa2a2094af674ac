"""The repositories of the store, one per stem, on one pool."""

from __future__ import annotations

from dataclasses import dataclass

from ..records.sources import Source
from .alerts import AlertsRepository
from .engine import Database
from .errors import ErrorsRepository
from .projects import ProjectsRepository
from .users import UsersRepository


@dataclass(frozen=True, slots=True)
class Repositories:
    """What use cases know of the store."""

    users: UsersRepository
    projects: ProjectsRepository
    errors: ErrorsRepository
    alerts: AlertsRepository
    database: Database

    @classmethod
    def of(cls, database: Database) -> Repositories:
        """All of them on one pool."""
        return cls(
            UsersRepository(database),
            ProjectsRepository(database),
            ErrorsRepository(database),
            AlertsRepository(database),
            database,
        )

    def status(self) -> Source:
        """How the store does; nothing is asked now."""
        return self.database.status()
