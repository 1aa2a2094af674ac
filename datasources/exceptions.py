"""The tree of errors that may cross a layer; masking turns each into a stable `extensions.code`.

GatewayError
├── BadInput            BAD_USER_INPUT        the caller can mend it; says which argument, and where in a text
├── Unauthenticated     UNAUTHENTICATED       no credential, or one that is not accepted
├── Forbidden           FORBIDDEN             signed in, but the role does not allow it
├── NotFound            NOT_FOUND             a mutation's target that does not exist or is not the viewer's
├── Conflict            CONFLICT              a unique name is taken, or the object changed meanwhile
├── RateLimited         RATE_LIMITED          with `retryAfterS`
├── DeadlineExceeded    DEADLINE_EXCEEDED     the request's own deadline ran out
└── SourceError         (by kind)             a source did not answer as it should; the operator can mend it
    ├── SourceRefused       SOURCE_REFUSED       it understood and refused (a bad expression): its message helps the writer
    ├── SourceTimeout       SOURCE_TIMEOUT       no answer within its limit
    ├── SourceUnavailable   SOURCE_UNAVAILABLE   no connection, 5xx, or the breaker is open
    ├── SourceTooLarge      SOURCE_TOO_LARGE     the answer is larger than the cap
    ├── SourceMalformed     SOURCE_MALFORMED     an answer that is cut short or is not what was promised
    └── SourceUnauthorised  SOURCE_UNAUTHORIZED  it rejects the gateway's credential or tenant
"""

from __future__ import annotations

from typing import ClassVar


class GatewayError(Exception):
    """Base of all errors whose message may be shown to a client."""

    code: ClassVar[str] = "INTERNAL_SERVER_ERROR"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    @property
    def extensions(self) -> dict[str, object]:
        """What stands beside `code` in the GraphQL error's extensions."""
        return {}


class BadInput(GatewayError):
    """`argument` is the path of the argument, `position` an offset into the text that the person wrote."""

    code = "BAD_USER_INPUT"

    def __init__(self, message: str, *, argument: str | None = None, position: int | None = None) -> None:
        super().__init__(message)
        self.argument = argument
        self.position = position

    @property
    def extensions(self) -> dict[str, object]:
        """The argument's path and, for a refused expression, the offset."""
        found = {"argument": self.argument, "position": self.position}
        return {name: value for name, value in found.items() if value is not None}


class Unauthenticated(GatewayError):
    """No credential, or one that is not accepted."""

    code = "UNAUTHENTICATED"


class Forbidden(GatewayError):
    """The viewer's role does not allow it."""

    code = "FORBIDDEN"


class NotFound(GatewayError):
    """Looks the same for what does not exist and what the viewer may not see."""

    code = "NOT_FOUND"


class Conflict(GatewayError):
    """A unique name is taken, or the object changed meanwhile."""

    code = "CONFLICT"


class RateLimited(GatewayError):
    """Too many attempts; `retry_after_s` says when to come again."""

    code = "RATE_LIMITED"

    def __init__(self, message: str, *, retry_after_s: float) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s

    @property
    def extensions(self) -> dict[str, object]:
        """Whole seconds, rounded up."""
        return {"retryAfterS": int(self.retry_after_s) + 1}


class DeadlineExceeded(GatewayError):
    """The request's own deadline ran out before the work was done."""

    code = "DEADLINE_EXCEEDED"


class SourceError(GatewayError):
    """A source failed. `source` is its configured name, `took_ms` how long the gateway waited."""

    code = "SOURCE_UNAVAILABLE"
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, source: str, took_ms: float = 0.0) -> None:
        super().__init__(message)
        self.source = source
        self.took_ms = took_ms

    @property
    def extensions(self) -> dict[str, object]:
        """Shape: {source, retryable, tookMs}."""
        return {"source": self.source, "retryable": self.retryable, "tookMs": round(self.took_ms, 1)}


class SourceRefused(SourceError):
    """The source understood the request and refused it: its message helps the person who wrote the expression."""

    code = "SOURCE_REFUSED"


class SourceTimeout(SourceError):
    """No whole answer within the source's limit."""

    code = "SOURCE_TIMEOUT"
    retryable = True


class SourceUnavailable(SourceError):
    """No connection, a 5xx, 429, or an open breaker."""

    code = "SOURCE_UNAVAILABLE"
    retryable = True


class SourceTooLarge(SourceError):
    """The answer is larger than the source's cap: narrow the question."""

    code = "SOURCE_TOO_LARGE"


class SourceMalformed(SourceError):
    """The answer was cut short, or is not what the interface promises."""

    code = "SOURCE_MALFORMED"
    retryable = True


class SourceUnauthorised(SourceError):
    """The source rejects the gateway's own credential or tenant: only the operator can mend it."""

    code = "SOURCE_UNAUTHORIZED"
