"""What every call to a source carries: the deadline it inherits and the ledger that remembers what it did."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from .exceptions import DeadlineExceeded
from .records.sources import SourceKind, SourceReport


@dataclass(frozen=True, slots=True)
class Deadline:
    """An instant of the monotonic clock, in seconds, by which the whole request has to be done."""

    at_s: float

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        """The deadline that is `seconds` from now."""
        return cls(time.monotonic() + seconds)

    def remaining_s(self, *, cap_s: float | None = None) -> float:
        """Seconds left, at most `cap_s`.

        Raises: DeadlineExceeded when nothing is left.
        """
        left = self.at_s - time.monotonic()
        if left <= 0:
            raise DeadlineExceeded("the request's deadline has passed")
        return left if cap_s is None else min(left, cap_s)


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One request or statement as the gateway saw it. An empty `projects` concerns all of them."""

    source: str
    kind: SourceKind
    took_ms: float
    cached: bool
    error: str | None
    projects: frozenset[str]


@dataclass(slots=True)
class Ledger:
    """Remembers what each source did for one GraphQL request."""

    entries: list[LedgerEntry] = field(default_factory=list)
    in_flight: int = 0

    def record(self, entry: LedgerEntry) -> None:
        """Appends one finished call."""
        self.entries.append(entry)

    def reports(self, project: str | None = None) -> list[SourceReport]:
        """One report per source, by name; only what concerns `project`, if it is given."""
        found: dict[str, list[LedgerEntry]] = {}
        for entry in self.entries:
            if project is None or not entry.projects or project in entry.projects:
                found.setdefault(entry.source, []).append(entry)
        return [_report(entries) for _, entries in sorted(found.items())]


@dataclass(frozen=True, slots=True)
class Call:
    """Travels with every call to a source."""

    deadline: Deadline
    ledger: Ledger
    projects: frozenset[str] = frozenset()

    def on_behalf_of(self, projects: Collection[str]) -> Call:
        """The same call, attributed to these projects' ids in the ledger."""
        return Call(self.deadline, self.ledger, frozenset(projects))


def _report(entries: Iterable[LedgerEntry]) -> SourceReport:
    entries = list(entries)
    errors = [entry.error for entry in entries if entry.error]
    return SourceReport(
        source=entries[0].source,
        kind=entries[0].kind,
        ok=not errors,
        took_ms=max(entry.took_ms for entry in entries),
        requests=sum(not entry.cached for entry in entries),
        cached=all(entry.cached for entry in entries),
        error=errors[0] if errors else None,
    )
