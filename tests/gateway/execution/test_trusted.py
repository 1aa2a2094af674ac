"""Documents that are named by their hash: registered by clients, or listed by the operator and nothing else executed."""

from __future__ import annotations

import pytest

from gateway.execution.manifest import sha256
from gateway.execution.request import GraphQLRequest, parse_request
from gateway.execution.trusted import RegisteredDocuments, TrustedDocuments
from tests.gateway import tiny

HELLO = "{ hello }"
LISTED = "query Listed { thing { name } }"
MANIFEST = {sha256(LISTED): LISTED}


def _persisted(sha: str, **members: str) -> GraphQLRequest:
    return parse_request({"extensions": {"persistedQuery": {"version": 1, "sha256Hash": sha}}, **members})


async def _codes(trusted: TrustedDocuments, *requests: GraphQLRequest) -> list[str]:
    pipeline = tiny.pipeline(trusted=trusted)
    answers = [await pipeline.answer(request, tiny.context()) for request in requests]
    return [answer.errors[0]["extensions"]["code"] if answer.errors else "" for answer in answers]


async def test_a_document_is_known_by_its_hash_once_it_was_sent_with_it():
    by_hash = _persisted(sha256(HELLO))
    by_id = parse_request({"documentId": f"sha256:{sha256(HELLO)}"})
    codes = await _codes(TrustedDocuments(), by_hash, _persisted(sha256(HELLO), query=HELLO), by_hash, by_id)
    assert codes == ["PERSISTED_QUERY_NOT_FOUND", "", "", ""]


async def test_a_document_with_another_hash_is_neither_executed_nor_kept():
    wrong = _persisted("0" * 64, query=HELLO)
    codes = await _codes(TrustedDocuments(), wrong, _persisted("0" * 64))
    assert codes == ["PERSISTED_QUERY_HASH_MISMATCH", "PERSISTED_QUERY_NOT_FOUND"]


async def test_where_nothing_is_registered_a_client_is_told_to_send_documents():
    trusted = TrustedDocuments(automatic=False)
    codes = await _codes(trusted, _persisted(sha256(HELLO)), _persisted(sha256(HELLO), query=HELLO))
    assert codes == ["PERSISTED_QUERY_NOT_SUPPORTED", ""]


async def test_listed_documents_need_no_registration():
    assert await _codes(TrustedDocuments(MANIFEST), parse_request({"documentId": sha256(LISTED)})) == [""]


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (parse_request({"documentId": sha256(LISTED)}), ""),
        (parse_request({"query": LISTED}), ""),
        (_persisted(sha256(LISTED), query=LISTED), ""),
        (parse_request({"query": HELLO}), "QUERY_NOT_IN_SAFELIST"),
        (parse_request({"query": LISTED + " "}), "QUERY_NOT_IN_SAFELIST"),
        (_persisted(sha256(HELLO), query=HELLO), "QUERY_NOT_IN_SAFELIST"),
        (_persisted(sha256(HELLO)), "PERSISTED_QUERY_NOT_FOUND"),
        (_persisted(sha256(LISTED), query=HELLO), "PERSISTED_QUERY_HASH_MISMATCH"),
    ],
)
async def test_where_it_is_enforced_nothing_but_the_list_is_executed(request_, code):
    assert await _codes(TrustedDocuments(MANIFEST, only=True), request_) == [code]


async def test_enforced_documents_cannot_be_registered_by_clients():
    trusted = TrustedDocuments(MANIFEST, only=True, automatic=True)
    codes = await _codes(trusted, _persisted(sha256(HELLO), query=HELLO), _persisted(sha256(HELLO)))
    assert codes == ["QUERY_NOT_IN_SAFELIST", "PERSISTED_QUERY_NOT_FOUND"]


def test_registered_documents_take_bounded_room_and_the_least_used_go_first():
    kept = RegisteredDocuments(max_characters=80)
    for number in range(8):
        kept.put(str(number), "x" * 10)
    assert kept.get("0") is not None
    kept.put("8", "x" * 10)
    kept.put("large", "x" * 11)
    assert [number for number in range(9) if kept.get(str(number)) is None] == [1]
    assert kept.get("large") is None
