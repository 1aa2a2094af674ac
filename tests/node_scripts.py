"""Scripts that drive the gateway with the clients and suites of the npm registry."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from tests.architecture.project import ROOT

FOLDER = ROOT / "tests/node"


def run_script(name: str, *arguments: str, timeout_s: float = 60) -> str:
    """What a script of tests/node prints; skips where there is no Node.js, fails where the script does."""
    if shutil.which("node") is None or not (FOLDER / "node_modules").is_dir():
        pytest.skip("no Node.js, or its packages are not installed: cd tests/node && npm ci")
    command = ["node", name, *arguments]
    done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, timeout=timeout_s, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
