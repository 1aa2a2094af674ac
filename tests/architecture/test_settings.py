"""Holds the README's table of settings to the settings."""

from __future__ import annotations

import re

from gateway.settings import variables
from tests.architecture.project import ROOT


def test_readme_has_a_row_for_every_setting_and_no_other():
    rows = re.findall(r"^\| `([A-Z][A-Z0-9_]+)`", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)
    assert sorted(rows) == sorted(variables())


def test_example_environment_names_only_settings_and_what_compose_reads():
    example = re.findall(r"^#? ?([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text("utf-8"), re.MULTILINE)
    compose = re.findall(r"\$\{([A-Z0-9_]+)", (ROOT / "docker-compose.yml").read_text("utf-8"))
    assert set(compose) <= set(example)
    assert set(example) <= set(variables()) | set(compose)
