"""Log lines, their volume, patterns and fields: one struct per line, labels shared by the lines of a stream."""

from __future__ import annotations

import base64
import enum
import re
from collections.abc import Hashable
from hashlib import blake2b

import msgspec
from msgspec import Struct

from .log_cursors import LogCursor
from .log_lines import parse_fields
from .projects import Project
from .shared import Edge, Interval, Label, PageInfo


class LogLevel(enum.Enum):
    """How serious a line is; UNKNOWN where the source does not tell."""

    TRACE = "trace"
    DEBUG = "debug"
    INFO = "info"
    WARN = "warn"
    ERROR = "error"
    FATAL = "fatal"
    UNKNOWN = "unknown"


LEVEL_NAMES: dict[LogLevel, tuple[str, ...]] = {
    LogLevel.TRACE: ("trace",),
    LogLevel.DEBUG: ("debug",),
    LogLevel.INFO: ("info", "information"),
    LogLevel.WARN: ("warn", "warning"),
    LogLevel.ERROR: ("error", "err"),
    LogLevel.FATAL: ("fatal", "critical"),
    LogLevel.UNKNOWN: ("unknown", ""),
}
"""What sources call each level, in lower case. An empty name is a line without one."""

_LEVELS = {name: level for level, names in LEVEL_NAMES.items() for name in names}
_LEVEL_KEYS = ("detected_level", "severity_text", "level", "severity")
_SERVICE_KEYS = ("service_name", "service", "app")
_TRACE_KEYS = ("trace_id", "traceid", "traceID")
_SPAN_KEYS = ("span_id", "spanid", "spanID")
_encoder = msgspec.json.Encoder(order="deterministic")
_HEX = re.compile(r"[0-9a-fA-F]{1,32}", re.ASCII)


def level_of(name: str) -> LogLevel:
    """The level that a source calls `name`, in any case."""
    return _LEVELS.get(name) or _LEVELS.get(name.lower(), LogLevel.UNKNOWN)


def normalise_trace_id(text: str) -> str | None:
    """32 lower-case hex digits, zeros that a source stripped put back; None where it is no trace id."""
    return text.lower().rjust(32, "0") if _HEX.fullmatch(text) and text.strip("0") else None


class LabelMatcher(Struct, frozen=True):
    """One condition on a label or field; `op` is one of = != =~ !~."""

    name: str
    op: str
    value: str


class LogFilter(Struct, frozen=True, kw_only=True):
    """Conditions that all hold. Within `services` and `levels` one has to, and so within `trace_ids`."""

    services: tuple[str, ...] = ()
    levels: tuple[LogLevel, ...] = ()
    contains: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    regex: str | None = None
    labels: tuple[LabelMatcher, ...] = ()
    fields: tuple[LabelMatcher, ...] = ()
    trace_ids: tuple[str, ...] = ()
    span_id: str | None = None


class LogStream(Struct, frozen=True):
    """What the lines of one stream share. `identity` is the same text for the same labels in every answer."""

    project: Project
    labels: dict[str, str]
    shown: list[Label]
    identity: str

    @classmethod
    def of(cls, project: Project, labels: dict[str, str]) -> LogStream:
        """The stream with these index labels, in the order of their names."""
        pairs = sorted(labels.items())
        identity = "\x00".join([text for pair in pairs for text in pair])
        return cls(project, labels, [Label(*pair) for pair in pairs], identity)


class LogEntry(Struct, frozen=True, gc=False):
    """One line. `preceding` and `ranked` say what came before it in its nanosecond, where that is needed for the cursor.

    Not seen by the garbage collector: nothing that a line refers to may refer back to it.
    """

    timestamp_ns: int
    line: str
    stream: LogStream
    metadata: dict[str, str]
    parsed: dict[str, str]
    preceding: LogEntry | LogCursor | None = None
    ranked: LogCursor | None = None

    @property
    def cursor(self) -> str:
        """Names the place after this line."""
        return self.place.text

    @property
    def place(self) -> LogCursor:
        """The place after this line, as a record."""
        if self.ranked is not None:
            return self.ranked
        before = self.preceding
        if before is None:
            return LogCursor(self.timestamp_ns, (self.mark,))
        return (before if isinstance(before, LogCursor) else before.place).and_then(self.mark)

    @property
    def mark(self) -> str:
        """A digest of the line with its labels and metadata."""
        told = _encoder.encode((self.stream.identity, self.line, self.metadata))
        digest = blake2b(told, digest_size=6)
        return base64.urlsafe_b64encode(digest.digest()).decode()

    @property
    def level(self) -> LogLevel:
        """As the source detected it, else as the line's own metadata or labels say."""
        return level_of(self._first(_LEVEL_KEYS) or "")

    @property
    def service(self) -> str | None:
        """The service that wrote it."""
        return self._first(_SERVICE_KEYS)

    @property
    def labels(self) -> list[Label]:
        """The stream's labels; one list for all lines of the stream."""
        return self.stream.shown

    @property
    def fields(self) -> list[Label]:
        """Structured metadata, then what the query or the line itself gives; a name that is taken gets `_extracted`."""
        found = [Label(*pair) for pair in self.metadata.items()]
        for name, value in (self.parsed or parse_fields(self.line)).items():
            if not name.startswith("__error"):
                taken = name in self.metadata or name in self.stream.labels
                found.append(Label(f"{name}_extracted" if taken else name, value))
        return found

    @property
    def trace_id(self) -> str | None:
        """The trace that it was written in, 32 hex digits."""
        found = self._first(_TRACE_KEYS)
        return normalise_trace_id(found) if found else None

    @property
    def span_id(self) -> str | None:
        """The span that it was written in, 16 hex digits."""
        found = self._first(_SPAN_KEYS)
        return found.lower().rjust(16, "0") if found and len(found) <= 16 and _HEX.fullmatch(found) else None

    def _first(self, keys: tuple[str, ...]) -> str | None:
        for found in (self.metadata, self.stream.labels, self.parsed):
            for key in keys:
                if value := found.get(key):
                    return value
        return None


class LogStats(Struct, frozen=True):
    """What the source did for one page."""

    bytes_processed: int = 0
    lines_processed: int = 0
    took_ms: float = 0.0


class LogLines(Struct, frozen=True):
    """The answer to a log query. `full` where the limit was reached, so that there may be more."""

    entries: list[LogEntry]
    stats: LogStats
    full: bool


class LogPage(Struct, frozen=True, kw_only=True):
    """The lines of one page. Unlike other pages it makes cursors only where they are asked for: each is a digest."""

    nodes: list[LogEntry]
    has_next_page: bool
    has_previous_page: bool
    stats: LogStats | None

    @property
    def edges(self) -> list[Edge[LogEntry]]:
        """Lines with their cursors."""
        return [Edge(entry.cursor, entry) for entry in self.nodes]

    @property
    def page_info(self) -> PageInfo:
        """Relay's page info of this page."""
        first, last = (self.nodes[0].cursor, self.nodes[-1].cursor) if self.nodes else (None, None)
        return PageInfo(self.has_next_page, self.has_previous_page, first, last)


class LogConnection(Struct, frozen=True, kw_only=True):
    """Lines that were asked for, not read yet: the page, the volume and the patterns are each asked of the source where
    they are wanted, side by side.

    `logql` is the expression with its filter, before it was narrowed to the project; `question` is the page's.
    """

    project: Project
    logql: str
    interval: Interval
    question: Hashable


class LogVolume(Struct, frozen=True):
    """Lines of one level per step. `timestamps` in ms since 1970, where each step starts; one list for all levels."""

    level: LogLevel
    total: int
    timestamps: list[float]
    counts: list[int]


class LogPattern(Struct, frozen=True):
    """A recurring shape of lines, `<_>` where they differ. `level` as the source calls it."""

    pattern: str
    total: int
    timestamps: list[float]
    counts: list[int]
    level: str | None = None


class LogFieldKind(enum.Enum):
    """LABEL selects streams, METADATA stands beside a line, PARSED inside it."""

    LABEL = "label"
    METADATA = "metadata"
    PARSED = "parsed"


class DetectedField(Struct, frozen=True):
    """A name that a source found in the lines. `cardinality` is its estimate, None where it does not tell."""

    name: str
    kind: LogFieldKind
    cardinality: int | None = None


class LogField(Struct, frozen=True):
    """A name found in a project's lines, and where to look for its values."""

    name: str
    kind: LogFieldKind
    cardinality: int | None
    project: Project
    interval: Interval


class IndexStats(Struct, frozen=True):
    """What the index says of a selector, approximately."""

    streams: int = 0
    chunks: int = 0
    bytes: int = 0
    entries: int = 0
