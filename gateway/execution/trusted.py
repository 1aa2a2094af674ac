"""Trusted documents: texts that the operator listed, or that clients registered, are named by their SHA-256.

Source: Apollo's automatic persisted queries; the persisted documents appendix of GraphQL over HTTP.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Mapping

from .operation import Operation
from .request import Refused

MAX_KEPT_CHARACTERS = 4 * 1024 * 1024


class TrustedDocuments:
    """A phase. Finds the text that a hash names; where `only` is set, nothing but the manifest's texts is executed.

    `automatic` lets a client register a text by sending it with its hash once. The manifest maps hashes to texts.
    """

    def __init__(
        self, manifest: Mapping[str, str] | None = None, *, only: bool = False, automatic: bool = True
    ) -> None:
        self.manifest = dict(manifest or {})
        self._only = only
        self._registered = RegisteredDocuments() if automatic and not only else None

    async def __call__(self, operation: Operation) -> None:
        """Sets the operation's text. Raises: Refused for a hash that is not known or not the text's."""
        query, sha256 = operation.request.query, operation.request.sha256
        if query is None:
            assert sha256 is not None
            operation.text = self._text_of(sha256)
        else:
            operation.text = query
            if sha256 is not None:
                self._register(sha256, query)
        if self._only:
            sha256 = sha256 or operation.sha256
        operation.is_trusted = sha256 in self.manifest
        if self._only and not operation.is_trusted:
            raise Refused.because("only trusted documents are executed here", "QUERY_NOT_IN_SAFELIST")

    def _text_of(self, sha256: str) -> str:
        text = self.manifest.get(sha256)
        if text is None and self._registered is not None:
            text = self._registered.get(sha256)
        if text is None:
            # clients know these two by their messages
            if self._registered is None and not self.manifest:
                raise Refused.because("PersistedQueryNotSupported", "PERSISTED_QUERY_NOT_SUPPORTED")
            raise Refused.because("PersistedQueryNotFound", "PERSISTED_QUERY_NOT_FOUND")
        return text

    def _register(self, sha256: str, text: str) -> None:
        if hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest() != sha256:
            raise Refused.because("the hash is not the document's SHA-256", "PERSISTED_QUERY_HASH_MISMATCH")
        if self._registered is not None and sha256 not in self.manifest:
            self._registered.put(sha256, text)


class RegisteredDocuments:
    """What clients registered, least recently used first out."""

    def __init__(self, max_characters: int = MAX_KEPT_CHARACTERS) -> None:
        self._texts: OrderedDict[str, str] = OrderedDict()
        self._max_characters = max_characters
        self._characters = 0

    def get(self, sha256: str) -> str | None:
        """The text of a hash."""
        text = self._texts.get(sha256)
        if text is not None:
            self._texts.move_to_end(sha256)
        return text

    def put(self, sha256: str, text: str) -> None:
        """Keeps a text; one that would take more than an eighth of the room is not kept."""
        if sha256 in self._texts or len(text) * 8 > self._max_characters:
            return
        self._texts[sha256] = text
        self._characters += len(text)
        while self._characters > self._max_characters:
            self._characters -= len(self._texts.popitem(last=False)[1])
