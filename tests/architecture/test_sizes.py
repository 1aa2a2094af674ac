"""Holds modules to 400 lines and functions to 50, but for those that say here why not."""

from __future__ import annotations

from tests.architecture.project import ROOT, functions, modules

MODULE_LINES = 400
FUNCTION_LINES = 50

# Path, or path:function, and the reason.
LARGE: dict[str, str] = {}


def test_what_is_large_is_listed_with_a_reason():
    found = {path for path in modules() if len((ROOT / path).read_text("utf-8").splitlines()) > MODULE_LINES} | {
        f"{path}:{name}"
        for path, module in modules().items()
        for name, function in functions(module)
        if (function.end_lineno or function.lineno) - function.lineno + 1 > FUNCTION_LINES
    }
    assert found == LARGE.keys()
    assert all(LARGE.values())
