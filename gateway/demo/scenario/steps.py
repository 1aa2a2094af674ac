"""The words in which a request is told: a tree of steps, each of which becomes a span."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.demo.scenario.facts import Raw, Text

TemplateValue = str | int | float | bool | list[str] | Raw | Text


@dataclass(frozen=True)
class Failure:
    """An exception kind. `frames` run from the outermost call in: function, file, line, in the app's own code, source line."""

    type: str
    value: Text
    module: str
    frames: tuple[tuple[str, str, int, bool, str], ...]
    level: str = "error"


@dataclass(frozen=True)
class Note:
    """A log line that a step writes at a share (0 to 1) of its time."""

    level: str
    message: str
    fields: Mapping[str, TemplateValue] = field(default_factory=dict)
    at: float = 0.5


@dataclass
class Step:
    """Units: milliseconds of the step's own work, children not counted."""

    service: str
    name: str
    kind: str
    own_ms: float
    attributes: dict[str, TemplateValue] = field(default_factory=dict)
    children: list[Step] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    failure: Failure | None = None
    status: str = "UNSET"
    parallel: bool = False
    detached: bool = False
    """Starts when its parent ends, and is not waited for: the consumer of a message."""
    follows: str = ""
    """Links to "parent" (the producer of the message) or "previous" (the request before this one)."""
    http_status: int = 0

    def fail(self, failure: Failure) -> Step:
        """Marks the step as failed by an exception, which its span records; a request's or a message's is reported as well."""
        self.status = "ERROR"
        self.attributes["error.type"] = failure.type
        self.failure = failure
        return self


@dataclass(frozen=True)
class Caller:
    """Builds the steps of one service."""

    namespace: str
    service: str

    def serve(
        self,
        method: str,
        route: str,
        *children: Step,
        status: int = 200,
        own_ms: float = 1.5,
        path: str = "",
        notes: tuple[Note, ...] = (),
    ) -> Step:
        """The SERVER span of a request; one access log line and one histogram observation go with it."""
        step = Step(self.service, f"{method} {route}", "SERVER", own_ms, children=list(children), notes=list(notes))
        step.http_status = status
        step.attributes = {
            "http.request.method": method,
            "http.route": route,
            "url.scheme": "http",
            "url.path": Text(path or route),
            "http.response.status_code": status,
            "user_agent.original": "Mozilla/5.0 (demo)",
            "enduser.id": Raw("user"),
        }
        if status >= 500:
            step.status = "ERROR"
            step.attributes["error.type"] = str(status)
        return step

    def call(self, target: Step) -> Step:
        """The CLIENT span around another service's SERVER span; it fails as that one does."""
        method, path = str(target.attributes["http.request.method"]), target.attributes["url.path"]
        assert isinstance(path, Text)
        host = f"{target.service}.{self.namespace}.svc"
        step = Step(self.service, method, "CLIENT", 0.7, children=[target])
        step.attributes = {
            "http.request.method": method,
            "url.full": Text(f"http://{host}:8080{path.template}"),
            "peer.service": target.service,
            "server.address": host,
            "server.port": 8080,
            "http.response.status_code": target.http_status,
        }
        if target.http_status >= 400:
            step.status = "ERROR"
            step.attributes["error.type"] = str(target.http_status)
        return step

    def external(self, peer: str, host: str, path: str, *, own_ms: float, status: int = 200) -> Step:
        step = Step(self.service, "POST", "CLIENT", own_ms)
        step.attributes = {
            "http.request.method": "POST",
            "url.full": f"https://{host}{path}",
            "peer.service": peer,
            "server.address": host,
            "server.port": 443,
            "http.response.status_code": status,
        }
        return step

    def query(self, operation: str, table: str, *, own_ms: float = 2.2, rows: int = 1) -> Step:
        text = {
            "SELECT": f"SELECT * FROM {table} WHERE id = $1",
            "INSERT": f"INSERT INTO {table} VALUES ($1, $2)",
            "UPDATE": f"UPDATE {table} SET state = $1 WHERE id = $2",
        }[operation]
        step = Step(self.service, f"{operation} {table}", "CLIENT", own_ms)
        step.attributes = {
            "db.system.name": "postgresql",
            "db.namespace": f"{self.namespace}_{self.service}",
            "db.operation.name": operation,
            "db.collection.name": table,
            "db.query.text": text,
            "db.response.returned_rows": rows,
            "server.address": "pg.internal",
            "server.port": 5432,
        }
        return step

    def cache(self, operation: str, key: str, *, hit: bool = True) -> Step:
        step = Step(self.service, operation, "CLIENT", 0.4)
        step.attributes = {
            "db.system.name": "redis",
            "db.operation.name": operation,
            "cache.key": Text(key),
            "cache.hit": hit,
            "server.address": "redis.internal",
            "server.port": 6379,
        }
        if not hit:
            step.notes.append(Note("debug", "cache miss", {"key": Text(key)}))
        return step

    def work(self, name: str, *, own_ms: float, **attributes: TemplateValue) -> Step:
        return Step(
            self.service, name, "INTERNAL", own_ms, {key.replace("__", "."): value for key, value in attributes.items()}
        )

    def publish(self, topic: str, *consumers: Step) -> Step:
        step = Step(self.service, f"{topic} publish", "PRODUCER", 1.6, self._message(topic, "publish"))
        for consumer in consumers:
            consumer.detached, consumer.follows = True, "parent"
            step.children.append(consumer)
        return step

    def consume(self, topic: str, *children: Step, notes: tuple[Note, ...] = ()) -> Step:
        attributes = self._message(topic, "process") | {
            "messaging.kafka.offset": Raw("offset"),
            "messaging.destination.partition.id": Text("{partition}"),
        }
        return Step(self.service, f"{topic} process", "CONSUMER", 1.2, attributes, list(children), list(notes))

    def _message(self, topic: str, operation: str) -> dict[str, TemplateValue]:
        return {
            "messaging.system": "kafka",
            "messaging.destination.name": topic,
            "messaging.operation.type": operation,
            "messaging.batch.message_count": 1,
        }
