"""Who may see what: everything without tenants; with them, each namespace is one, and several can be read together."""

from __future__ import annotations

import re
from collections.abc import Callable

from gateway.demo.scenario.scenario import Scenario
from gateway.demo.simulators.loki.patterns import Patterns
from gateway.demo.simulators.loki.refusals import LokiRefusal
from gateway.demo.simulators.loki.samples import Samples
from gateway.demo.simulators.loki.store import LogStore
from gateway.demo.simulators.loki.volumes import Volumes

HEADER = "x-scope-orgid"
_UNSUPPORTED = re.compile(r"[^A-Za-z0-9!\-_.*'()]")
_MAX_LENGTH = 150


class View:
    """What one set of tenants sees."""

    def __init__(self, store: LogStore) -> None:
        self.store = store
        self.samples = Samples(store)
        self.volumes = Volumes(store)
        self.patterns = Patterns(store)


class Tenants:
    """Opens one view of the store per set of tenants."""

    def __init__(self, scenario: Scenario, clock: Callable[[], int], *, separate: bool) -> None:
        self._scenario = scenario
        self._clock = clock
        self._separate = separate
        self._views: dict[tuple[str, ...], View] = {}

    def view(self, header: str | None) -> View:
        """Raises: LokiRefusal for a header that is missing or names no possible tenant."""
        names = _names(header) if self._separate else ()
        if names not in self._views:
            known = tuple(name for name in names if name in self._scenario.namespaces)
            view = View(LogStore(self._scenario, self._clock, known if self._separate else None))
            if names != known:
                return view
            self._views[names] = view
        return self._views[names]


def _names(header: str | None) -> tuple[str, ...]:
    names = tuple(sorted({name for name in (header or "").split("|") if name}))
    if not names:
        raise LokiRefusal("no org id\n", 401)
    for name in names:
        wrong = _UNSUPPORTED.search(name)
        if wrong is not None:
            raise LokiRefusal(f"tenant ID '{name}' contains unsupported character '{wrong[0]}'")
        if name in {".", ".."}:
            raise LokiRefusal("tenant ID is '.' or '..'")
        if len(name) > _MAX_LENGTH:
            raise LokiRefusal(f"tenant ID is too long: max {_MAX_LENGTH} characters")
    return names
