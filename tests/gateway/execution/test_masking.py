"""What leaves as an error: ours with a code, a person's own mistakes in clear, anything else behind an id."""

from __future__ import annotations

import pytest
import structlog
from graphql import GraphQLError

from datasources.exceptions import BadInput, SourceRefused, SourceTimeout
from gateway.execution.masking import formatted


def _raised(origin: Exception) -> GraphQLError:
    return GraphQLError("from the resolver", path=["project", "logs"], original_error=origin)


def test_a_source_error_tells_which_source_and_whether_to_try_again() -> None:
    told = formatted(_raised(SourceTimeout("no answer within 2 s", source="loki", took_ms=2000.04)))
    assert told["message"] == "no answer within 2 s"
    assert told["path"] == ["project", "logs"]
    assert told["extensions"] == {"code": "SOURCE_TIMEOUT", "source": "loki", "retryable": True, "tookMs": 2000.0}


def test_a_refused_expression_keeps_the_words_that_help_its_writer() -> None:
    told = formatted(_raised(SourceRefused("parse error: unexpected }", source="prometheus")))
    assert (told["message"], told["extensions"]["retryable"]) == ("parse error: unexpected }", False)


def test_bad_input_names_the_argument_and_the_place() -> None:
    told = formatted(_raised(BadInput("not PromQL", argument="promql", position=7)))
    assert told["extensions"] == {"code": "BAD_USER_INPUT", "argument": "promql", "position": 7}


@pytest.mark.parametrize("origin", [ValueError("secret path"), KeyError("password"), RuntimeError("asyncpg")])
def test_anything_else_is_hidden_behind_an_id_that_the_log_knows(origin: Exception) -> None:
    with structlog.testing.capture_logs() as lines:
        told = formatted(_raised(origin))
    assert told["message"] == "internal error"
    assert told["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    assert str(origin) not in str(told)
    assert lines[0]["error_id"] == told["extensions"]["errorId"]
    assert lines[0]["exc_info"] is origin


def test_an_error_of_graphql_itself_gets_the_code_of_its_phase() -> None:
    told = formatted(GraphQLError("Cannot query field 'x'."), code="GRAPHQL_VALIDATION_FAILED")
    assert told == {"message": "Cannot query field 'x'.", "extensions": {"code": "GRAPHQL_VALIDATION_FAILED"}}
