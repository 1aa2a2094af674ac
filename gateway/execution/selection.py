"""Which operation of the document is meant."""

from __future__ import annotations

from graphql import OperationType

from .operation import Operation
from .request import Refused, RequestFault

CODE = "GRAPHQL_UNKNOWN_OPERATION_NAME"


async def select_operation(operation: Operation) -> None:
    """A phase. Raises: Refused where no operation or several are meant; RequestFault for a mutation by GET.

    Source: GraphQL specification, "GetOperation"; GraphQL over HTTP, "GET".
    """
    assert operation.document is not None
    name = operation.request.operation_name
    operation.node = operation.document.operation(name)
    if operation.node is None:
        if name is None:
            raise Refused.because("the document has several operations or none: say which by `operationName`", CODE)
        raise Refused.because("the document has no operation of this name", CODE)
    if operation.request.read_only and operation.type is OperationType.MUTATION:
        headers = {"allow": "POST"}
        message = "GET changes nothing: send a mutation by POST"
        raise RequestFault(message, status=405, code="METHOD_NOT_ALLOWED", headers=headers)
