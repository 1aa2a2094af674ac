"""Everything that is opened once and shared: the store, the sources, the keys. Closed in reverse order by one AsyncExitStack."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

from datasources.http import HttpSender, SourceSettings
from datasources.loki.client import LokiSource
from datasources.oidc.client import OidcSource
from datasources.postgres.engine import Database
from datasources.postgres.repositories import Repositories
from datasources.prometheus.client import PrometheusSource
from datasources.protocols import KeySource, LogsSource, MetricsSource, TracesSource
from datasources.rate_limits.buckets import RateLimiter
from datasources.rate_limits.memory import MemoryRateLimiter
from datasources.records.sources import SourceKind
from datasources.tempo.client import TempoSource
from resolvers.context import Sources

from .auth.authenticate import Authenticator
from .auth.credentials import SessionCredentials
from .auth.keys import KeyRing, open_key_ring
from .auth.last_use import LastUse
from .auth.oidc import OidcRules, OidcTokens
from .auth.passwords import Passwords
from .auth.provider_keys import ProviderKeys
from .auth.tokens import AccessTokens
from .settings import NamedSource, Oidc, Settings, SettingsError


@dataclass(frozen=True, slots=True)
class Resources:
    """What routes and workers are made of."""

    settings: Settings
    database: Database
    repositories: Repositories
    sources: Sources
    credentials: SessionCredentials
    keys: KeyRing
    authenticate: Authenticator
    last_use: LastUse
    rate_limiter: RateLimiter
    identity: KeySource | None = None


@asynccontextmanager
async def open_resources(settings: Settings, database_url: str) -> AsyncIterator[Resources]:
    """Opens what the settings name. No telemetry source is asked: one that is down fails its own fields, not the start.

    Raises: SourceUnavailable where the store cannot be reached, KeysError.
    """
    keys = open_key_ring(settings.data_dir)
    tokens = AccessTokens(keys, issuer=settings.issuer, ttl_s=settings.access_token_ttl_s)
    async with AsyncExitStack() as stack:
        sources = open_sources(settings.sources)
        for source in sources.all():
            stack.push_async_callback(source.close)
        identity = open_identity(settings.oidc)
        if identity is not None:
            stack.push_async_callback(identity.close)
            sources = replace(sources, others=(identity,))
        database = await stack.enter_async_context(
            Database.open(database_url, pool_size=settings.database_pool_size, timeout_s=settings.database_timeout_s)
        )
        repositories, last_use = Repositories.of(database), LastUse()
        refresh_ttl = timedelta(seconds=settings.refresh_token_ttl_s)
        yield Resources(
            settings=settings,
            database=database,
            repositories=repositories,
            sources=sources,
            credentials=SessionCredentials(Passwords(), tokens, refresh_ttl=refresh_ttl),
            keys=keys,
            authenticate=Authenticator(
                tokens, repositories, last_use=last_use, foreign=_foreign_tokens(settings.oidc, identity, repositories)
            ),
            identity=identity,
            last_use=last_use,
            rate_limiter=await _open_rate_limiter(settings, stack),
        )


async def _open_rate_limiter(settings: Settings, stack: AsyncExitStack) -> RateLimiter:
    if settings.redis_url is None:
        return MemoryRateLimiter()
    try:
        from datasources.rate_limits.redis import RedisRateLimiter  # noqa: PLC0415 - an extra
    except ImportError:
        raise SettingsError("REDIS_URL: needs the package redis, the extra of that name") from None
    limiter = RedisRateLimiter(settings.redis_url.get_secret_value())
    stack.push_async_callback(limiter.close)
    return limiter


def open_sources(configured: tuple[NamedSource, ...]) -> Sources:
    """A client per configured source. To add a kind, add a line here, its protocol and its package in `datasources/`."""
    metrics: dict[str, MetricsSource] = {}
    logs: dict[str, LogsSource] = {}
    traces: dict[str, TracesSource] = {}
    for source in configured:
        if source.kind == "prometheus":
            metrics[source.name] = PrometheusSource(HttpSender(source.for_sender(), SourceKind.PROMETHEUS))
        elif source.kind == "loki":
            logs[source.name] = LokiSource(HttpSender(source.for_sender(), SourceKind.LOKI))
        else:
            traces[source.name] = TempoSource(HttpSender(source.for_sender(), SourceKind.TEMPO))
    return Sources(metrics, logs, traces)


def open_identity(configured: Oidc) -> KeySource | None:
    """The identity provider's client, where one is configured."""
    if configured.issuer is None:
        return None
    ca_file = str(configured.ca_file) if configured.ca_file else None

    def open_sender(url: str) -> HttpSender:
        limits = SourceSettings(name="oidc", url=url, ca_file=ca_file, timeout_s=5, max_response_bytes=1024 * 1024)
        return HttpSender(limits, SourceKind.OIDC)

    return OidcSource(open_sender, issuer=configured.issuer, jwks_url=configured.jwks_url)


def _foreign_tokens(configured: Oidc, identity: KeySource | None, repositories: Repositories) -> OidcTokens | None:
    if identity is None or configured.issuer is None or configured.audience is None:
        return None
    rules = OidcRules(
        issuer=configured.issuer,
        audience=configured.audience,
        algorithms=configured.algorithms,
        leeway_s=configured.leeway_s,
        email_claim=configured.email_claim,
        roles_claim=configured.roles_claim,
        provision=configured.provision,
    )
    return OidcTokens(rules, ProviderKeys(identity), repositories)
