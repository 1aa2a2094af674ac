"""The repositories of the store, one per stem, on one pool."""

from __future__ import annotations

from dataclasses import dataclass

from ..records.sources import Source
from .alerts import AlertsRepository
from .api_tokens import ApiTokensRepository
from .attempts import AttemptsRepository
from .engine import Database
from .errors import ErrorsRepository
from .identities import IdentitiesRepository
from .ingest_keys import IngestKeysRepository
from .invitations import InvitationsRepository
from .members import MembersRepository
from .projects import ProjectsRepository
from .sessions import SessionsRepository
from .users import UsersRepository


@dataclass(frozen=True, slots=True)
class Repositories:
    """What use cases know of the store."""

    users: UsersRepository
    sessions: SessionsRepository
    identities: IdentitiesRepository
    invitations: InvitationsRepository
    attempts: AttemptsRepository
    api_tokens: ApiTokensRepository
    projects: ProjectsRepository
    members: MembersRepository
    ingest_keys: IngestKeysRepository
    errors: ErrorsRepository
    alerts: AlertsRepository
    database: Database

    @classmethod
    def of(cls, database: Database) -> Repositories:
        """All of them on one pool."""
        return cls(
            UsersRepository(database),
            SessionsRepository(database),
            IdentitiesRepository(database),
            InvitationsRepository(database),
            AttemptsRepository(database),
            ApiTokensRepository(database),
            ProjectsRepository(database),
            MembersRepository(database),
            IngestKeysRepository(database),
            ErrorsRepository(database),
            AlertsRepository(database),
            database,
        )

    def status(self) -> Source:
        """How the store does; nothing is asked now."""
        return self.database.status()
