"""GraphQL over HTTP to the letter: media types, methods, statuses, bodies, batches, and who may send what."""

from __future__ import annotations

import asyncio
import json
from urllib.parse import urlencode

import httpx
import pytest

from gateway.routes.media_types import JSON, RESPONSE_JSON
from gateway.routes.reading import ReadingLimits
from tests.gateway import tiny

HELLO = {"query": "{ hello }"}


async def _post(content=None, *, app=None, headers=None, **options) -> httpx.Response:
    async with tiny.client(app or tiny.app()) as client:
        if content is not None:
            options["content"] = content
        return await client.post("/graphql", headers={"content-type": JSON, **(headers or {})}, **options)


async def _get(parameters, headers=None) -> httpx.Response:
    async with tiny.client(tiny.app()) as client:
        client.headers = httpx.Headers(headers or {})
        return await client.get(f"/graphql?{urlencode(parameters)}")


def _code(response: httpx.Response) -> str:
    (error,) = response.json()["errors"]
    return str(error["extensions"]["code"])


@pytest.mark.parametrize(
    "body",
    [
        b"5",
        b'"x"',
        b"null",
        b"true",
        b"[]",
        b"{}",
        b"",
        b"{",
        b"\xff\xfe",
        '{"query": "{ hello(name: \\"é\\") }"}'.encode("latin-1"),
        b"[" * 100_000,
        b'{"query": 5}',
        b'{"query": null}',
        b'{"query": ""}',
        b'{"query": "{ hello }", "variables": []}',
        b'{"query": "{ hello }", "variables": "{}"}',
        b'{"query": "{ hello }", "operationName": {}}',
        b'{"query": "{ hello }", "extensions": 1}',
        b'{"extensions": {"persistedQuery": 1}}',
        b'{"extensions": {"persistedQuery": {"version": 2}}}',
        b'{"documentId": 7}',
        b'{"documentId": "' + b"A" * 64 + b'"}',
        b'{"query": "{ hello }", "variables": {"a": NaN}}',
    ],
    ids=repr,
)
async def test_a_body_that_is_no_request_is_refused_with_a_json_error(body):
    for accept in (JSON, RESPONSE_JSON):
        response = await _post(body, headers={"accept": accept})
        assert response.status_code == 400
        assert response.headers["content-type"] == f"{accept}; charset=utf-8"
        assert _code(response) in ("BAD_REQUEST", "BATCHING_OFF")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "PARSING_ERROR"),
        ("{ unknown }", "GRAPHQL_VALIDATION_FAILED"),
        ("query ($n: String!) { hello(name: $n) }", "BAD_USER_INPUT"),
        ("query A { hello } query B { hello }", "GRAPHQL_UNKNOWN_OPERATION_NAME"),
        ("{ " + "a: hello " * 60 + "}", "MAX_ROOT_FIELDS_LIMIT"),
    ],
)
async def test_what_is_not_executed_is_400_in_the_newer_media_type_and_200_in_the_older(query, code):
    newer = await _post(json={"query": query}, headers={"accept": RESPONSE_JSON})
    older = await _post(json={"query": query}, headers={"accept": JSON})
    assert (newer.status_code, older.status_code) == (400, 200)
    assert "data" not in newer.json()
    assert "data" not in older.json()
    assert _code(newer) == _code(older) == code


async def test_what_is_executed_in_part_is_200():
    response = await _post(json={"query": "{ hello broken }"}, headers={"accept": RESPONSE_JSON})
    assert response.status_code == 200
    assert response.json()["data"] == {"hello": "hello world", "broken": None}


@pytest.mark.parametrize(
    "accept",
    ["image/png", "application/json;q=0", "text/event-stream;q=0", "application/xml, text/html;q=0.9"],
)
async def test_a_client_that_takes_none_of_the_media_types_gets_406(accept):
    response = await _post(json=HELLO, headers={"accept": accept})
    assert (response.status_code, _code(response)) == (406, "NOT_ACCEPTABLE")


async def test_q_values_count():
    response = await _post(json=HELLO, headers={"accept": "text/event-stream;q=0, application/json;q=0.5"})
    assert response.headers["content-type"].startswith(JSON)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"])
async def test_another_method_gets_405_and_is_told_which_ones_there_are(method):
    async with tiny.client(tiny.app()) as client:
        response = await client.request(method, "/graphql")
    assert response.status_code == 405
    assert response.headers["allow"] == "GET, POST"


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "text/plain",
        "application/graphql",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded",
        "text/application/jsonx",
        "application/json; charset=latin-1",
        "application/json2",
    ],
)
async def test_another_content_type_gets_415(content_type):
    async with tiny.client(tiny.app()) as client:
        headers = {"content-type": content_type} if content_type else {}
        response = await client.post("/graphql", content=json.dumps(HELLO).encode(), headers=headers)
    assert (response.status_code, _code(response)) == (415, "UNSUPPORTED_MEDIA_TYPE")


async def test_an_encoded_body_gets_415():
    response = await _post(b"\x1f\x8b", headers={"content-encoding": "gzip"})
    assert response.status_code == 415


async def test_a_body_that_is_too_large_gets_413_whether_it_says_so_or_not():
    app = tiny.app(ReadingLimits(body_max_bytes=100))

    async def chunks():
        for _ in range(20):
            yield b" " * 10

    assert (await _post(b" " * 101, app=app)).status_code == 413
    response = await _post(chunks(), app=app)
    assert (response.status_code, _code(response)) == (413, "BODY_TOO_LARGE")


async def test_a_body_that_does_not_come_gets_408():
    messages = []

    async def receive():
        if not messages:
            messages.append("first")
            return {"type": "http.request", "body": b"{", "more_body": True}
        return await asyncio.Event().wait()

    sent = []

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/graphql", "query_string": b"", "client": None}
    scope["headers"] = [(b"content-type", JSON.encode())]
    await tiny.endpoint(ReadingLimits(body_timeout_s=0.05))(scope, receive, send)
    assert sent[0]["status"] == 408


async def test_a_query_travels_by_get():
    parameters = {"query": "query Q($n: String) { hello(name: $n) }", "variables": '{"n": "you"}', "operationName": "Q"}
    response = await _get(parameters)
    assert response.json() == {"data": {"hello": "hello you"}}


async def test_a_mutation_by_get_gets_405_and_post_is_told():
    response = await _get({"query": "mutation { change }"})
    assert (response.status_code, response.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize(
    "parameters",
    [
        [("query", "{ hello }"), ("query", "mutation { change }")],
        [("query", "{ hello }"), ("variables", "{")],
        [("query", "{ hello }"), ("variables", "[]")],
        [("query", "")],
        [],
    ],
)
async def test_parameters_that_make_no_request_are_refused(parameters):
    assert (await _get(parameters)).status_code == 400


@pytest.mark.parametrize(
    "of_a_browser",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-origin"},
        {"sec-fetch-site": "none", "sec-fetch-dest": "document"},
        {"origin": "https://other.example"},
        {"referer": "https://other.example/page"},
        {"user-agent": "Mozilla/5.0 (X11; Linux x86_64)"},
        {"user-agent": "Mozilla/5.0", "accept": JSON, "accept-language": "en", "content-type": "text/plain"},
    ],
    ids=" ".join,
)
async def test_what_a_browser_gets_without_asking_first_is_refused(of_a_browser):
    response = await _get(HELLO, of_a_browser)
    assert (response.status_code, _code(response)) == (403, "PREFLIGHT_REQUIRED")
    forced = await _get(HELLO, {**of_a_browser, "x-graphql-require-preflight": "1"})
    assert forced.json() == {"data": {"hello": "hello world"}}


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
async def test_what_a_browser_posts_without_asking_first_is_refused(content_type):
    response = await _post(json.dumps({"query": "mutation { change }"}), headers={"content-type": content_type})
    assert response.status_code == 415


async def test_a_subscription_by_post_is_told_which_transports_carry_it():
    response = await _post(json={"query": "subscription { ticks }"})
    assert (response.status_code, _code(response)) == (406, "SUBSCRIPTION_TRANSPORT")
    assert "graphql-transport-ws" in response.text


async def test_no_answer_is_to_be_kept():
    for response in (await _post(json=HELLO), await _post(b"{"), await _get({"query": "mutation { change }"})):
        assert response.headers["cache-control"] == "no-store"


async def test_a_batch_is_refused_unless_a_setting_allows_it():
    response = await _post(json=[HELLO])
    assert (response.status_code, _code(response)) == (400, "BATCHING_OFF")


@pytest.mark.parametrize("size", [0, 4])
async def test_a_batch_of_another_size_is_refused(size):
    response = await _post(json=[HELLO] * size, app=tiny.app(ReadingLimits(batch_max=3)))
    assert (response.status_code, _code(response)) == (400, "BATCH_SIZE")


async def test_a_bad_item_of_a_batch_fails_alone():
    app = tiny.app(ReadingLimits(batch_max=10))
    items = [HELLO, 5, {"query": "{"}, {"query": "subscription { ticks }"}, {"query": "{ internal }"}, HELLO]
    response = await _post(json=items, app=app)
    answers = response.json()
    assert response.status_code == 200
    assert [answer["errors"][0]["extensions"]["code"] if "errors" in answer else "" for answer in answers] == [
        "",
        "BAD_REQUEST",
        "PARSING_ERROR",
        "SUBSCRIPTION_TRANSPORT",
        "INTERNAL_SERVER_ERROR",
        "",
    ]


async def test_items_of_a_batch_share_no_context():
    response = await _post(json=[{"query": "{ contextNumber }"}] * 5, app=tiny.app(ReadingLimits(batch_max=5)))
    assert len({answer["data"]["contextNumber"] for answer in response.json()}) == 5
