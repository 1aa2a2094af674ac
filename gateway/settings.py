"""The settings: one frozen object, and the only reader of the environment."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from datasources.http import SourceSettings
from resolvers.account_rules import SignUpPolicy

from .endpoint_settings import ENDPOINT_GROUPS, Costs, Documents, LiveSettings, RateLimits

PREFIX = "GATEWAY_"
ASYMMETRIC = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"})
"""A symmetric algorithm would make the provider's public key a secret that everybody knows."""


class SettingsError(Exception):
    """One clear line per setting that is wrong."""


class SourceOptions(BaseModel):
    """What every telemetry source may be given."""

    username: str | None = Field(None, description="User name for basic authentication.")
    password: SecretStr | None = Field(None, description="Password for basic authentication.")
    bearer_token: SecretStr | None = Field(None, description="Token for bearer authentication.")
    tenant: str | None = Field(
        None, pattern=r"^[A-Za-z0-9_.|-]{1,150}$", description="X-Scope-OrgID for projects that name no tenant."
    )
    ca_file: Path | None = Field(None, description="PEM file of the authority that signed its certificate.")
    timeout_s: float = Field(10.0, gt=0, le=300, description="Seconds that one request may take.")
    max_response_bytes: int = Field(
        32 * 1024 * 1024, ge=1024, description="Largest answer, in bytes after decompression."
    )
    max_connections: int = Field(32, ge=1, le=1000, description="Connections kept and opened at most.")
    cache_max_bytes: int = Field(
        32 * 1024 * 1024, ge=0, description="Bytes of answers that are kept for a moment; 0 keeps none."
    )

    @field_validator("url", check_fields=False)
    @classmethod
    def _is_http(cls, url: str | None) -> str | None:
        return url if url is None else http_url(url)

    @field_validator("ca_file")
    @classmethod
    def _is_file(cls, path: Path | None) -> Path | None:
        if path is not None and not path.is_file():
            raise ValueError("no such file")
        return path


class NamedSource(SourceOptions):
    """One telemetry source with the name that projects call it by."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,62}$", description="What projects name it by.")
    kind: Literal["prometheus", "loki", "tempo"] = Field(description="What it speaks.")
    url: str = Field(description="Its base address, with a path prefix if it has one.")

    def for_sender(self) -> SourceSettings:
        """The same as the HTTP sender takes it."""
        return SourceSettings(
            name=self.name,
            url=self.url,
            username=self.username,
            password=self.password.get_secret_value() if self.password else None,
            bearer_token=self.bearer_token.get_secret_value() if self.bearer_token else None,
            tenant=self.tenant,
            ca_file=str(self.ca_file) if self.ca_file else None,
            timeout_s=self.timeout_s,
            max_response_bytes=self.max_response_bytes,
            max_connections=self.max_connections,
            cache_max_bytes=self.cache_max_bytes,
        )


class MainSource(SourceOptions, BaseSettings):
    """Base of the three main sources: their options, each from <PREFIX>_<OPTION>."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    url: str | None = Field(None, description="Its base address; without it the source is not there.")

    def named(self, kind: Literal["prometheus", "loki", "tempo"]) -> NamedSource | None:
        """The source, None where it has no address."""
        return None if self.url is None else NamedSource(name=kind, kind=kind, **dict(self))


class Prometheus(MainSource):
    """PROMETHEUS_*."""

    model_config = SettingsConfigDict(env_prefix="PROMETHEUS_")


class Loki(MainSource):
    """LOKI_*."""

    model_config = SettingsConfigDict(env_prefix="LOKI_")


class Tempo(MainSource):
    """TEMPO_*."""

    model_config = SettingsConfigDict(env_prefix="TEMPO_")


class Oidc(BaseSettings):
    """GATEWAY_OIDC_*: an identity provider whose tokens are accepted beside the gateway's own."""

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, env_prefix="GATEWAY_OIDC_"
    )

    issuer: str | None = Field(None, description="OpenID Connect issuer whose tokens are accepted, by its address.")
    audience: str | None = Field(
        None, description="What its tokens have to name as their audience; needed with an issuer."
    )
    jwks_url: str | None = Field(None, description="Where its keys are; found by discovery if left out.")
    algorithms: Annotated[tuple[str, ...], NoDecode] = Field(
        ("RS256", "ES256", "EdDSA"), description="Signature algorithms that are accepted, separated by commas."
    )
    email_claim: str = Field("email", min_length=1, description="The claim with the person's address.")
    roles_claim: str | None = Field(
        None, description="A claim with texts such as `shop:ADMIN`, roles that are added to those in the store."
    )
    provision: bool = Field(False, description="Whether an address that is not known yet gets an account.")
    leeway_s: int = Field(60, ge=0, le=600, description="Seconds that its clock may differ.")
    ca_file: Path | None = Field(None, description="PEM file of the authority that signed its certificate.")

    @field_validator("algorithms", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("algorithms")
    @classmethod
    def _are_asymmetric(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if not names or not set(names) <= ASYMMETRIC:
            raise ValueError(f"must be some of {', '.join(sorted(ASYMMETRIC))}")
        return names

    @field_validator("issuer", "jwks_url")
    @classmethod
    def _is_http(cls, url: str | None) -> str | None:
        if url is not None:
            http_url(url)
        return url  # an issuer is compared by the letter, so that its slash stays

    @field_validator("ca_file")
    @classmethod
    def _is_file(cls, path: Path | None) -> Path | None:
        if path is not None and not path.is_file():
            raise ValueError("no such file")
        return path

    @model_validator(mode="after")
    def _has_an_audience(self) -> Oidc:
        if self.issuer is not None and not self.audience:
            raise ValueError("GATEWAY_OIDC_AUDIENCE is needed, or tokens for anybody would be accepted")
        return self


_GROUPS: dict[str, type[BaseSettings]] = {
    "prometheus": Prometheus,
    "loki": Loki,
    "tempo": Tempo,
    "oidc": Oidc,
    **ENDPOINT_GROUPS,
}


class Settings(BaseSettings):
    """Everything that can be set. Made by `load_settings`, or from arguments by the demo and the tests."""

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", env_prefix=PREFIX, populate_by_name=True, hide_input_in_errors=True
    )

    database_url: SecretStr | None = Field(
        None,
        validation_alias="DATABASE_URL",
        description="PostgreSQL; without it an embedded one runs in the data folder.",
    )
    redis_url: SecretStr | None = Field(
        None,
        validation_alias="REDIS_URL",
        description="Redis or Valkey that gateways share, for rate limits; without it each counts for itself.",
    )
    prometheus: Prometheus = Field(default_factory=Prometheus)
    loki: Loki = Field(default_factory=Loki)
    tempo: Tempo = Field(default_factory=Tempo)
    oidc: Oidc = Field(default_factory=Oidc)
    extra_sources: tuple[NamedSource, ...] = Field(
        (),
        description="More sources, as a JSON list of objects with the options of the main ones and `name` and `kind`.",
    )

    data_dir: Path = Field(Path(".data"), description="Folder of the embedded PostgreSQL and of the signing keys.")
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8080, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    public_url: str | None = Field(
        None, description="The address that clients use, for links; derived from host and port if left out."
    )
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Origins of pages that may call the gateway, separated by commas; `*` allows all, without credentials.",
    )
    body_max_bytes: int = Field(1024 * 1024, ge=1024, description="Largest GraphQL request body, in bytes.")
    batch_max: int = Field(0, ge=0, le=100, description="Most requests in one HTTP body; 0 takes no batches.")
    request_timeout_s: float = Field(10.0, gt=0, le=300, description="Seconds that one GraphQL request may take.")
    documents: Documents = Field(default_factory=Documents)
    costs: Costs = Field(default_factory=Costs)
    rate_limits: RateLimits = Field(default_factory=RateLimits)
    live: LiveSettings = Field(default_factory=LiveSettings)
    introspection: bool = Field(True, description="Whether the schema may be asked for.")
    graphiql: bool = Field(True, description="Whether /graphiql is served.")
    database_pool_size: int = Field(10, ge=2, le=200, description="Connections to PostgreSQL per process.")
    database_timeout_s: float = Field(5.0, gt=0, le=300, description="Seconds that one statement may take.")
    error_retention_days: int = Field(30, ge=1, le=3650, description="Days that error events are kept.")
    access_token_ttl_s: int = Field(900, ge=60, le=86400, description="Seconds that an access token is valid.")
    refresh_token_ttl_s: int = Field(
        30 * 86400, ge=300, le=366 * 86400, description="Seconds that a session lasts after its last use."
    )
    sign_up: str = Field(
        "closed",
        description="Who may make an account: `closed`, `open`, `invited`, or mail domains separated by commas.",
    )
    trusted_proxies: str = Field(
        "127.0.0.1",
        description="Addresses of proxies whose X-Forwarded-For is believed, separated by commas; empty for none.",
    )
    issuer: str = Field(
        "telemetry-graphql-gateway", min_length=1, description="Issuer and audience of the gateway's own tokens."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level of the log.")
    log_format: Literal["auto", "json", "text"] = Field(
        "auto", description="`auto` writes text to a terminal and JSON elsewhere."
    )
    shutdown_timeout_s: float = Field(
        10.0,
        gt=0,
        le=300,
        description="Seconds from SIGTERM within which the process is gone, answers in flight finished.",
    )
    shutdown_delay_s: float = Field(
        1.0,
        ge=0,
        le=60,
        description="Of these, seconds that it is not ready but still answers, so that balancers turn away.",
    )

    @field_validator("allowed_origins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("sign_up")
    @classmethod
    def _is_sign_up_policy(cls, text: str) -> str:
        SignUpPolicy.parse(text)
        return text

    @field_validator("trusted_proxies")
    @classmethod
    def _are_addresses(cls, text: str) -> str:
        for part in text.split(","):
            if part.strip() not in ("", "*"):
                ipaddress.ip_network(part.strip())
        return text

    @field_validator("public_url")
    @classmethod
    def _is_http(cls, url: str | None) -> str | None:
        return url if url is None else http_url(url)

    @field_validator("database_url")
    @classmethod
    def _is_postgresql(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None and not url.get_secret_value().startswith(("postgresql://", "postgres://")):
            raise ValueError("must begin with postgresql://")
        return url

    @field_validator("redis_url")
    @classmethod
    def _is_redis(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None and not url.get_secret_value().startswith(("redis://", "rediss://", "unix://")):
            raise ValueError("must begin with redis://, rediss:// or unix://")
        return url

    @model_validator(mode="after")
    def _names_are_unique(self) -> Settings:
        names = [source.name for source in self.sources]
        if twice := sorted({name for name in names if names.count(name) > 1} | ({"postgres"} & set(names))):
            raise ValueError(f"two sources are named {', '.join(twice)}")
        return self

    @property
    def sources(self) -> tuple[NamedSource, ...]:
        """All telemetry sources that are configured."""
        main = (self.prometheus.named("prometheus"), self.loki.named("loki"), self.tempo.named("tempo"))
        return tuple(source for source in main if source) + self.extra_sources

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments before the environment; nothing else is read."""
        return init_settings, env_settings


def http_url(url: str) -> str:
    """The address without a trailing slash. Raises: ValueError where it is no http(s) address."""
    scheme, separator, rest = url.partition("://")
    if scheme not in ("http", "https") or not separator or not rest or rest.startswith("/") or " " in url:
        raise ValueError("must be an address such as http://localhost:9090")
    return url.rstrip("/")


def variables() -> dict[str, str]:
    """Every environment variable that is read, with what it says. Source: the fields above; the README's table is held to it."""
    found: dict[str, str] = {}
    for name, field in Settings.model_fields.items():
        group = _GROUPS.get(name)
        if group is not None:
            found |= {f"{_prefix(group)}{key}".upper(): of.description or "" for key, of in group.model_fields.items()}
        else:
            found[str(field.validation_alias or f"{PREFIX}{name}".upper())] = field.description or ""
    return found


def load_settings(environ: Mapping[str, str] | None = None, **given: Any) -> Settings:
    """The settings of the environment, with `given` ones before it.

    Raises: SettingsError that names every variable that is unknown or wrong, never its value.
    """
    environ = os.environ if environ is None else environ
    known = variables()
    faults = [f"{name}: no such setting" for name in sorted(environ) if name.startswith(PREFIX) and name not in known]
    for name, group in _GROUPS.items():
        if name not in given:
            try:
                given[name] = group()
            except ValidationError as error:
                faults += [_line(fault, _prefix(group)) for fault in error.errors()]
    if not faults:
        try:
            return Settings(**given)
        except ValidationError as error:
            faults = [_line(fault, PREFIX) for fault in error.errors()]
    raise SettingsError("\n".join(faults))


def _prefix(group: type[BaseSettings]) -> str:
    return str(group.model_config.get("env_prefix", ""))


def _line(fault: Any, prefix: str) -> str:
    name = "_".join(str(part) for part in fault["loc"]).upper() or "settings"
    known = name if name in ("DATABASE_URL", "REDIS_URL") else f"{prefix}{name}"
    return f"{known}: {fault['msg'].removeprefix('Value error, ')}"
