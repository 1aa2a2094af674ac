"""Requests that a page of another site can make a browser send unasked are refused.

A browser sends a POST with `application/json` to another origin only after a preflight, so that CORS decides. A GET it sends
at once; it is taken from a browser only with a header that forces a preflight. What tells a browser is what pages cannot
change without one: the fetch metadata, Origin, Referer, and the name that every browser gives itself. Other programs, which
no page steers, may GET without. Source: fetch standard, "CORS-safelisted request-header"; fetch metadata request headers.
"""

from __future__ import annotations

from starlette.datastructures import Headers

from ..execution.request import RequestFault

FORCING = ("authorization", "x-graphql-require-preflight", "apollo-require-preflight", "x-apollo-operation-name")
"""Any of these, with any value but none at all, makes a browser ask first."""
OF_BROWSERS = ("sec-fetch-site", "sec-fetch-dest", "origin", "referer")


def require_preflight(headers: Headers) -> None:
    """Raises: RequestFault for a GET that a browser sends without asking first."""
    if any(headers.get(name) for name in FORCING):
        return
    is_browser = any(name in headers for name in OF_BROWSERS) or headers.get("user-agent", "").startswith("Mozilla/")
    if is_browser:
        message = "a browser's GET needs a header that forces a preflight, such as x-graphql-require-preflight: 1"
        raise RequestFault(message, status=403, code="PREFLIGHT_REQUIRED")
