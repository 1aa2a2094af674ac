"""run.py: what it takes for installed, and what it says where it cannot go on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import run


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project's folder with two locks and a virtual environment that has nothing installed."""
    python = tmp_path / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.touch()
    for name in ("RUNTIME_LOCK", "DEV_LOCK"):
        lock = tmp_path / f"{name}.txt"
        lock.write_text(name)
        monkeypatch.setattr(run, name, lock)
    monkeypatch.setattr(run, "PYTHON", python)
    monkeypatch.setattr(run, "MARKER", tmp_path / ".venv/.lock-sha256")
    return tmp_path


@pytest.mark.parametrize("command", ["demo", "test"])
def test_nothing_is_installed_without_a_marker(project, command):
    assert not run.is_installed(command)


@pytest.mark.parametrize(
    ("lock", "command", "installed"),
    [
        ("RUNTIME_LOCK", "demo", True),
        ("RUNTIME_LOCK", "test", False),
        ("DEV_LOCK", "demo", True),
        ("DEV_LOCK", "test", True),
    ],
)
def test_development_lock_serves_every_command(project, lock, command, installed):
    run.MARKER.write_text(run.digest(getattr(run, lock)))
    assert run.is_installed(command) is installed


def test_changed_lock_is_installed_anew(project):
    run.MARKER.write_text(run.digest(run.RUNTIME_LOCK))
    run.RUNTIME_LOCK.write_text("another version")
    assert not run.is_installed("demo")


def test_failed_installation_leaves_no_marker_and_one_line(project, monkeypatch, capsys):
    run.MARKER.write_text("of an older lock")
    monkeypatch.setattr(run.shutil, "which", lambda name: None)
    monkeypatch.setattr(run, "runs", lambda command, quiet=False: "install" not in command)
    assert run.main(["serve"]) == 1
    assert not run.MARKER.exists()
    assert capsys.readouterr().err.splitlines()[-1].startswith("run.py: the packages of RUNTIME_LOCK.txt could not be")


def test_uv_that_fails_gives_way_to_pip(project, monkeypatch):
    commands = []
    monkeypatch.setattr(run.shutil, "which", lambda name: "/opt/uv")
    monkeypatch.setattr(run, "runs", lambda command, quiet=False: commands.append(command) or command[0] != "/opt/uv")
    assert run.install(run.DEV_LOCK) is None
    assert [command[0] for command in commands] == ["/opt/uv", str(run.PYTHON), str(run.PYTHON)]
    assert "--require-hashes" in commands[-1]


def test_old_python_is_told_in_one_line(monkeypatch, capsys):
    monkeypatch.setattr(run, "OLDEST", (99, 0))
    assert run.main(["demo"]) == 1
    assert "Python 99.0 or newer is needed" in capsys.readouterr().err


def test_usage_names_the_commands():
    script = Path(run.__file__)
    said = subprocess.run([sys.executable, str(script), "--help"], capture_output=True, text=True, check=True).stdout
    assert all(f"run.py {command}" in said for command in ("demo", "test", "bench"))
