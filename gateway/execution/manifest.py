"""The manifest of trusted documents: a JSON file of SHA-256 -> document, and how it is made from a folder."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    Source,
    Visitor,
    parse,
    print_ast,
    validate,
    visit,
)


class ManifestError(Exception):
    """The manifest cannot be read or made; one line per reason."""


def read_manifest(path: Path) -> dict[str, str]:
    """The documents by their hashes. Apollo's format is read too: {format, version, operations: [{id, body}]}.

    Raises: ManifestError for a file that is none, and for a hash that is not its document's.
    """
    try:
        found = json.loads(path.read_text("utf-8"))
        if isinstance(found, dict) and isinstance(found.get("operations"), list):
            found = {each["id"]: each["body"] for each in found["operations"]}
        documents = {str(key).removeprefix("sha256:"): text for key, text in found.items()}
    except OSError as error:
        raise ManifestError(f"{path}: {error.strerror or error}") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ManifestError(f"{path}: no JSON object of hashes and documents") from None
    for key, text in documents.items():
        if not isinstance(text, str) or sha256(text) != key:
            raise ManifestError(f"{path}: {key[:64]} is not the SHA-256 of its document")
    return documents


def build_manifest(schema: GraphQLSchema, folder: Path) -> dict[str, str]:
    """A document per operation of the folder's .graphql files, with the fragments of any file that it needs.

    Shape: hash -> document, in the order of the operations' names.
    Raises: ManifestError that names each file and place that is wrong.
    """
    paths = sorted(folder.rglob("*.graphql"))
    if not paths:
        raise ManifestError(f"{folder}: no .graphql file there")
    operations, fragments = _definitions(paths, folder)
    texts, faults = [], []
    for name in sorted(operations):
        document = DocumentNode(definitions=(operations[name], *_needed(operations[name], fragments)))
        faults += [f"{name}: {error.message}" for error in validate(schema, document)]
        texts.append(print_ast(document))
    if faults:
        raise ManifestError("\n".join(faults))
    return {sha256(text): text for text in texts}


def operation_names(documents: Iterable[str]) -> frozenset[str]:
    """The names of the operations in these documents."""
    found = set()
    for text in documents:
        try:
            definitions = parse(text).definitions
        except GraphQLError:
            continue  # it is refused when it is asked for
        found |= {node.name.value for node in definitions if isinstance(node, OperationDefinitionNode) and node.name}
    return frozenset(found)


def sha256(text: str) -> str:
    """By which a document is known, in lower-case hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _definitions(
    paths: list[Path], folder: Path
) -> tuple[dict[str, OperationDefinitionNode], dict[str, FragmentDefinitionNode]]:
    operations: dict[str, OperationDefinitionNode] = {}
    fragments: dict[str, FragmentDefinitionNode] = {}
    faults: list[str] = []
    for path in paths:
        where = path.relative_to(folder).as_posix()
        try:
            definitions = parse(Source(path.read_text("utf-8"), where)).definitions
        except (GraphQLError, ValueError) as error:
            place = error.locations[0] if isinstance(error, GraphQLError) and error.locations else None
            message = error.message if isinstance(error, GraphQLError) else "not in UTF-8"
            faults.append(f"{where}{f':{place.line}:{place.column}' if place else ''}: {message}")
            continue
        for node in definitions:
            known: dict[str, OperationDefinitionNode] | dict[str, FragmentDefinitionNode]
            if not isinstance(node, OperationDefinitionNode | FragmentDefinitionNode) or node.name is None:
                faults.append(
                    f"{where}: an operation has to have a name, and nothing but operations and fragments counts"
                )
                continue
            known = operations if isinstance(node, OperationDefinitionNode) else fragments
            if node.name.value in known:
                faults.append(f"{where}: there are two of the name {node.name.value}")
            known[node.name.value] = node  # type: ignore[assignment]
    if faults:
        raise ManifestError("\n".join(faults))
    return operations, fragments


def _needed(
    operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]
) -> list[FragmentDefinitionNode]:
    found: dict[str, FragmentDefinitionNode] = {}
    pending: list[OperationDefinitionNode | FragmentDefinitionNode] = [operation]
    while pending:
        spread = _Spread()
        visit(pending.pop(), spread)
        for name in sorted(spread.names - found.keys()):
            if name in fragments:
                found[name] = fragments[name]
                pending.append(fragments[name])
    return [found[name] for name in sorted(found)]


class _Spread(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_fragment_spread(self, node: FragmentSpreadNode, *_: object) -> None:
        self.names.add(node.name.value)
