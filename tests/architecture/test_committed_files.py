"""Nothing that is committed names one machine's folders or the address of a package index."""

from __future__ import annotations

import re

import pytest

from tests.architecture.project import ROOT, committed_files

# Written so that this file does not hold what it looks for.
MACHINE = re.compile(r"""(?:^|["'`\s(=:])/(?:wor[k]|far[m]|roo[t]|hom[e]/[a-z])/""", re.MULTILINE)
INDEX = re.compile(
    r"pypi[.]or[g]/simple|pythonhoste[d]|registry[.]npmj[s]|[-]-(?:extra-)?index-ur[l]|\"resolve[d]\": *\"http"
)


@pytest.mark.parametrize("forbidden", [MACHINE, INDEX], ids=["folder", "index"])
def test_no_committed_file_names_a(forbidden):
    files = committed_files()
    if files is None:
        pytest.skip("not a git checkout")
    found = {path.relative_to(ROOT).as_posix() for path in files if forbidden.search(_text(path.read_bytes()))}
    assert found == set()


def _text(content: bytes) -> str:
    return "" if b"\0" in content[:8192] else content.decode("utf-8", "replace")
