"""A line on its way through a pipeline: its text, and its labels in the three categories that Loki keeps apart."""

from __future__ import annotations

from gateway.demo.simulators.loki.needles import Needle
from gateway.demo.simulators.loki.store import Row

ERROR = "__error__"
ERROR_DETAILS = "__error_details__"


class LineState:
    """Reads from the row lazily; what stages add or remove lies on top of it."""

    __slots__ = ("_line", "dropped", "parsed", "row")

    def __init__(self, row: Row) -> None:
        self.row = row
        self._line: str | None = None
        self.parsed: dict[str, str] = {}
        self.dropped: set[str] | None = None

    @property
    def line(self) -> str:
        if self._line is None:
            self._line = self.row.line()
        return self._line

    @line.setter
    def line(self, text: str) -> None:
        self._line = text

    def contains(self, needle: Needle) -> bool:
        """Whether the text stands in the line as it is now."""
        return self.row.contains(needle) if self._line is None else needle.text in self._line

    def get(self, name: str) -> str:
        """A label's value, "" where it is missing."""
        found = self.parsed.get(name)
        if found is not None:
            return found
        if self.dropped is not None and name in self.dropped:
            return ""
        return self.row.stream.labels.get(name) or self.row.value(name)

    def set(self, name: str, value: str) -> None:
        """Sets a label, over one of the stream or the metadata if need be."""
        self.parsed[name] = value

    def add_parsed(self, name: str, value: str) -> None:
        """Adds what a parser found; a name that is taken gets a suffix."""
        if name in self.row.stream.labels or self.row.value(name):
            name += "_extracted"
        self.parsed[name] = value

    def drop(self, name: str) -> None:
        self.parsed.pop(name, None)
        if self.dropped is None:
            self.dropped = set()
        self.dropped.add(name)

    def fail(self, error: str, details: str = "") -> None:
        """Marks the line; the query goes on."""
        self.parsed[ERROR] = error
        if details:
            self.parsed[ERROR_DETAILS] = details

    @property
    def failed(self) -> bool:
        return ERROR in self.parsed

    def stream_labels(self) -> dict[str, str]:
        return self._visible(self.row.stream.labels)

    def metadata(self) -> dict[str, str]:
        return self._visible(self.row.metadata())

    def labels(self) -> dict[str, str]:
        """All of them; those of a parser win."""
        return {**self.metadata(), **self.stream_labels(), **{k: v for k, v in self.parsed.items() if v}}

    def _visible(self, labels: dict[str, str]) -> dict[str, str]:
        if self.dropped is None and not self.parsed:
            return labels
        hidden = (self.dropped or set()) | self.parsed.keys()
        return {name: value for name, value in labels.items() if name not in hidden}
