"""The settings of the GraphQL endpoint, a group per concern; `settings.py` reads them with all others."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from datasources.records.users import Role

from .execution.cost import Budgets
from .execution.limits import Limits
from .execution.rate_limit import Rates
from .live_limits import LiveLimits


def _reading(prefix: str) -> SettingsConfigDict:
    return SettingsConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, env_prefix=prefix)


class Documents(BaseSettings):
    """GATEWAY_DOCUMENT_*: what a document may hold, and which are executed at all."""

    model_config = _reading("GATEWAY_DOCUMENT_")

    max_bytes: int = Field(65_536, ge=256, description="Largest document, in bytes.")
    max_tokens: int = Field(2_000, ge=100, description="Most tokens in one document, comments counted.")
    max_definitions: int = Field(100, ge=1, description="Most operations and fragments in one document.")
    max_depth: int = Field(20, ge=1, le=100, description="Most fields within each other.")
    max_root_fields: int = Field(20, ge=1, description="Most fields that an operation asks of its root.")
    max_aliases: int = Field(50, ge=0, description="Most aliases in an operation, fragments spread.")
    max_directives: int = Field(50, ge=0, description="Most directives in an operation, fragments spread.")
    max_fields: int = Field(500, ge=1, description="Most fields in an operation, fragments spread.")
    max_comparisons: int = Field(
        2_000, ge=0, description="Most pairs of fields that answer under one name, each of which validation compares."
    )
    max_introspection_depth: int = Field(
        2, ge=0, description="Most lists of introspection (fields of types of fields) within each other."
    )
    cache_size: int = Field(1_000, ge=1, description="Parsed and validated documents kept.")
    automatic: bool = Field(
        True, description="Whether a client may register a document by its SHA-256 (automatic persisted queries)."
    )
    trusted: Path | None = Field(
        None,
        description="Manifest of trusted documents, made by `documents build`; their hashes may be sent instead of them.",
    )
    trusted_only: bool = Field(False, description="Whether nothing but the manifest's documents is executed.")

    @model_validator(mode="after")
    def _only_what_is_listed(self) -> Documents:
        if self.trusted_only and self.trusted is None:
            raise ValueError("GATEWAY_DOCUMENT_TRUSTED is needed, or no document would be executed")
        return self

    def limits(self) -> Limits:
        """The same as the rules take them."""
        return Limits(
            bytes=self.max_bytes,
            tokens=self.max_tokens,
            definitions=self.max_definitions,
            depth=self.max_depth,
            root_fields=self.max_root_fields,
            aliases=self.max_aliases,
            directives=self.max_directives,
            fields=self.max_fields,
            comparisons=self.max_comparisons,
            introspection_depth=self.max_introspection_depth,
        )


class Costs(BaseSettings):
    """GATEWAY_COST_*: what one operation may cost; the table of weights is `gateway/execution/cost/weights.py`."""

    model_config = _reading("GATEWAY_COST_")

    anonymous: int = Field(
        1_000, ge=0, description="Most that an operation may cost for somebody who is not signed in."
    )
    signed_in: int = Field(10_000, ge=0, description="The same for a person.")
    machine: int = Field(10_000, ge=0, description="The same for a machine's token.")
    by_role: dict[Role, int] = Field(
        default_factory=dict,
        description='The same by the best role in any project, as JSON: `{"ADMIN": 50000}`; goes before the two above.',
    )

    def budgets(self) -> Budgets:
        """The same as the phase takes them."""
        return Budgets(
            anonymous=self.anonymous, signed_in=self.signed_in, machine=self.machine, by_role=dict(self.by_role)
        )


class RateLimits(BaseSettings):
    """GATEWAY_RATE_*: what may be asked for in a minute, in units of cost."""

    model_config = _reading("GATEWAY_RATE_")

    caller: int = Field(
        1_000_000, ge=0, description="Cost per minute of a person or a machine's token; 0 sets no limit."
    )
    anonymous: int = Field(
        50_000, ge=0, description="Cost per minute of an address without a credential; 0 sets no limit."
    )
    address: int = Field(3_000_000, ge=0, description="Cost per minute of an address, whoever asks; 0 sets no limit.")

    def rates(self) -> Rates:
        """The same as the phase takes them."""
        return Rates(caller=self.caller, anonymous=self.anonymous, address=self.address)


class LiveSettings(BaseSettings):
    """GATEWAY_LIVE_*: WebSockets, and streams over HTTP."""

    model_config = _reading("GATEWAY_LIVE_")

    max_connections: int = Field(10_000, ge=1, description="Most live connections of one process.")
    max_operations: int = Field(100, ge=1, description="Most operations at once on one WebSocket.")
    recheck_s: float = Field(
        5.0, gt=0, le=300, description="Seconds between two checks whether those who are connected still may be."
    )
    initialisation_s: float = Field(
        3.0, gt=0, le=60, description="Seconds that a WebSocket has for its first message, connection_init."
    )
    send_timeout_s: float = Field(
        30.0, gt=0, le=300, description="Seconds that a client may leave what is sent to it unread."
    )

    def limits(self) -> LiveLimits:
        """The same as a connection takes them."""
        return LiveLimits(
            operations=self.max_operations,
            initialisation_s=self.initialisation_s,
            send_timeout_s=self.send_timeout_s,
        )


ENDPOINT_GROUPS: dict[str, type[BaseSettings]] = {
    "documents": Documents,
    "costs": Costs,
    "rate_limits": RateLimits,
    "live": LiveSettings,
}
