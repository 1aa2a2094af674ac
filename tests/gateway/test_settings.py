"""Settings are checked together, and told by the name of the variable that is wrong."""

from __future__ import annotations

import os

import pytest

from gateway.settings import SettingsError, load_settings, variables


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [*variables(), *(name for name in os.environ if name.startswith("GATEWAY_"))]:
        monkeypatch.delenv(name, raising=False)


def test_defaults_need_no_variable() -> None:
    settings = load_settings()
    assert (settings.port, settings.sources, settings.database_url) == (8080, (), None)


def test_each_address_makes_a_source_with_its_own_options(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOKI_URL", "http://logs.example:3100/")
    monkeypatch.setenv("LOKI_TENANT", "team-a")
    (source,) = load_settings().sources
    sender = source.for_sender()
    assert (sender.name, sender.url, sender.tenant) == ("loki", "http://logs.example:3100", "team-a")


def test_more_sources_of_a_kind_come_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROMETHEUS_URL", "http://a:9090")
    monkeypatch.setenv(
        "GATEWAY_EXTRA_SOURCES", '[{"name": "mimir", "kind": "prometheus", "url": "http://b:8080/prometheus"}]'
    )
    assert [source.name for source in load_settings().sources] == ["prometheus", "mimir"]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("GATEWAY_PROT", "80", "GATEWAY_PROT: no such setting"),
        ("GATEWAY_PORT", "70000", "GATEWAY_PORT: Input should be less than or equal to 65535"),
        ("PROMETHEUS_URL", "localhost:9090", "PROMETHEUS_URL: must be an address such as http://localhost:9090"),
        ("TEMPO_TIMEOUT_S", "0", "TEMPO_TIMEOUT_S: Input should be greater than 0"),
        ("LOKI_CA_FILE", "missing.pem", "LOKI_CA_FILE: no such file"),
        ("GATEWAY_DOCUMENT_TRUSTED_ONLY", "true", "GATEWAY_DOCUMENT_TRUSTED is needed"),
        ("GATEWAY_COST_BY_ROLE", '{"KING": 5}', "GATEWAY_COST_BY_ROLE"),
        ("REDIS_URL", "http://localhost", "REDIS_URL: must begin with redis://"),
        ("DATABASE_URL", "mysql://localhost/x", "DATABASE_URL: must begin with postgresql://"),
    ],
)
def test_a_wrong_variable_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=said.replace("(", r"\(")):
        load_settings()


def test_all_wrong_variables_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROMETHEUS_URL", "nonsense")
    monkeypatch.setenv("LOKI_URL", "nonsense")
    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert [line.partition(":")[0] for line in str(refused.value).splitlines()] == ["PROMETHEUS_URL", "LOKI_URL"]


def test_two_sources_of_one_name_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOKI_URL", "http://a")
    monkeypatch.setenv("GATEWAY_EXTRA_SOURCES", '[{"name": "loki", "kind": "loki", "url": "http://b"}]')
    with pytest.raises(SettingsError, match="two sources are named loki"):
        load_settings()


def test_a_secret_shows_neither_in_repr_nor_in_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROMETHEUS_URL", "http://a")
    monkeypatch.setenv("PROMETHEUS_PASSWORD", "hunter2hunter2")
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:hunter2hunter2@h/d")
    settings = load_settings()
    assert "hunter2" not in repr(settings) + repr(settings.sources) + repr(settings.sources[0].for_sender())
    monkeypatch.setenv("DATABASE_URL", "mysql://u:hunter2hunter2@h/d")
    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert "hunter2" not in str(refused.value)
