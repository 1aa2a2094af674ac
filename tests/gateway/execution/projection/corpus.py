"""A schema with every kind of field, values that do and do not fit it, and queries over it, drawn from one seeded source."""

import asyncio
import enum
import math
import random
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any

import strawberry
from strawberry.extensions import FieldExtension
from strawberry.permission import BasePermission
from strawberry.scalars import JSON
from strawberry.schema.config import StrawberryConfig


@strawberry.enum
class Color(enum.Enum):
    RED = "r"
    GREEN = strawberry.enum_value("g", name="GRN")
    BLUE = 3


class EvenOnly(BasePermission):
    message = "denied"

    def has_permission(self, source: Any, info: Any, **kwargs: Any) -> bool:
        return bool(getattr(source, "n", 0) % 2 == 0)


class Upper(FieldExtension):
    def resolve(self, next_: Any, source: Any, info: Any, **kwargs: Any) -> Any:
        result = next_(source, info, **kwargs)
        return result.upper() if isinstance(result, str) else result


@strawberry.interface
class Node:
    id: strawberry.ID


@strawberry.type
class Label:
    name: str
    value: str | None


@strawberry.type
class Leaf(Node):
    x: float
    y: int | None


@strawberry.type
class Other(Node):
    z: str


@strawberry.type
class Item:
    id: strawberry.ID
    n: int
    f: float | None
    s: str
    b: bool | None
    c: Color | None
    d: datetime | None
    j: JSON | None
    tags: list[str]
    opt_tags: list[str | None] | None
    nums: list[float | None]
    matrix: list[list[int]] | None
    labels: list[Label]
    opt_labels: list[Label | None] | None
    leaf: Leaf | None
    node: Node | None
    u: Annotated[Leaf | Other, strawberry.union("LeafOrOther")] | None

    @strawberry.field
    def res(self, k: int = 3) -> int:
        return self.n + k

    @strawberry.field
    async def ares(self) -> str | None:
        await asyncio.sleep(0)
        return None if self.n % 5 == 0 else f"a{self.n}"

    @strawberry.field
    async def ares_nn(self) -> str:
        await asyncio.sleep(0)
        if self.n % 7 == 3:
            raise ValueError(f"boom {self.n}")
        return f"b{self.n}"

    @strawberry.field(permission_classes=[EvenOnly])  # type: ignore[untyped-decorator]
    def secret(self) -> str | None:
        return "secret"

    up: str | None = strawberry.field(extensions=[Upper()], default="up")
    child: "Item | None" = None

    @strawberry.field
    async def asyncchild(self) -> "Item | None":
        await asyncio.sleep(0)
        return self.child


class Duck:
    """Any object that has the attributes."""

    def __init__(self, **attributes: Any) -> None:
        self.__dict__.update(attributes)


class Failing(Duck):
    """One whose property raises for some."""

    @property
    def s(self) -> str:
        if self.__dict__["n"] % 4 == 1:
            raise RuntimeError("property failed")
        return "property"


class Awaitable:
    """An awaitable value, which can be awaited again."""

    def __await__(self) -> Iterator[Any]:
        yield from asyncio.sleep(0).__await__()
        return "awaited"  # type: ignore[return-value]


async def _later(value: object) -> object:
    await asyncio.sleep(0)
    return value


@strawberry.type
class Query:
    """Reads the list that is the root value."""

    @strawberry.field
    def items(self) -> list[Item]:
        return self  # type: ignore[return-value]

    @strawberry.field
    async def opt_items(self) -> list[Item | None] | None:
        return self  # type: ignore[return-value]

    @strawberry.field
    async def nn_async(self) -> list[Item]:
        await asyncio.sleep(0)
        return self  # type: ignore[return-value]

    @strawberry.field
    def one(self) -> Item | None:
        return self[0]  # type: ignore[index,no-any-return]

    @strawberry.field
    def coros(self) -> list[Item | None]:
        return [_later(one) if i % 2 else one for i, one in enumerate(self)]  # type: ignore[arg-type,var-annotated,misc]

    @strawberry.field
    def gen(self) -> list[Item | None]:
        return (one for one in self)  # type: ignore[attr-defined,return-value]

    @strawberry.field
    def nodes(self) -> list[Node]:
        return [one.leaf if i % 2 else Other(id=strawberry.ID("o"), z="z") for i, one in enumerate(self)]  # type: ignore[arg-type,var-annotated]


SCHEMA = strawberry.Schema(Query, types=[Leaf, Other])._schema
INCREMENTAL = strawberry.Schema(
    Query, types=[Leaf, Other], config=StrawberryConfig(enable_experimental_incremental_execution=True)
)._schema

PLAIN = "id n f s b c d j tags optTags nums matrix labels { name value } optLabels { name } leaf { id x y }"
SELECTIONS = (
    *("id", "n", "f", "s", "b", "c", "d", "j", "tags", "optTags", "nums", "matrix", "up", "__typename", "a: n"),
    *("labels { name value }", "labels { value __typename }", "al: labels { nm: name }", "optLabels { value name }"),
    *(
        "leaf { x }",
        "leaf { id y }",
        "node { id __typename ... on Leaf { x y } }",
        "res",
        "r2: res(k: 5)",
        "r3: res(k: $k)",
    ),
    *("u { ... on Leaf { x } ... on Other { z } __typename }", "ares", "aresNn", "secret"),
    *("n2: n @include(if: $t)", "f @skip(if: $t)", "s @include(if: $f)", "leaf @include(if: $f) { id }", "... F1"),
    *("... on Item { id s2: s }", "... on Item @skip(if: $t) { sk: s }", "... { b }", "... F2 @include(if: $f)"),
    *("child { id n labels { name } }", "child { s ares }", "asyncchild { n s leaf { x } aresNn }"),
)
FRAGMENTS = "fragment F1 on Item { id n labels { name ...L } } fragment L on Label { value } fragment F2 on Item { f leaf { y x } }"
STREAMS = ("labels {s} {{ name }}", "optLabels {s} {{ name value }}", "tags {s}", "matrix {s}", "optTags {s}")
ROOTS = ("items", "items", "optItems", "nnAsync", "one", "coros", "gen")


class Corpus:
    """Queries and values of one seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def query(self) -> str:
        """A document over SCHEMA; it may be invalid."""
        pick = self.random
        root = pick.choice(ROOTS)
        chosen = " ".join(pick.sample(SELECTIONS, pick.randrange(1, 12))) if pick.random() < 0.8 else PLAIN
        more = pick.choice(["", "nodes { id __typename ... on Other { z } }", root + " { n }", "one { id ...F1 }"])
        head = "query Q($t: Boolean! = true, $f: Boolean! = false, $k: Int! = 9)"
        return f"{head} {{ __typename {root} {{ {chosen} }} {more} }} {FRAGMENTS}"

    def incremental_query(self) -> str:
        """The same over INCREMENTAL, with sections that come later."""
        pick = self.random
        head = "query Q($t: Boolean! = true, $f: Boolean! = false, $k: Int! = 9)"
        root = pick.choice(ROOTS)
        stream = self._stream() if root != "one" and pick.random() < 0.3 else ""
        more = pick.choice(["", f"... {self._defer()} {{ {root} {{ s leaf {{ x }} }} }}", "nodes { id }"])
        return f"{head} {{ {root} {stream} {{ {self._sections(3)} }} {more} }} {FRAGMENTS}"

    def _sections(self, depth: int) -> str:
        pick = self.random
        parts = pick.sample(SELECTIONS, pick.randrange(1, 6))
        if pick.random() < 0.4:
            parts.append(pick.choice(STREAMS).format(s=self._stream()).replace("{{", "{").replace("}}", "}"))
        if depth:
            for _ in range(pick.randrange(3)):
                parts.append(f"... {self._defer()} {{ {self._sections(depth - 1)} }}")
            if pick.random() < 0.4:
                parts.append(f"child {{ {self._sections(depth - 1)} }}")
        if pick.random() < 0.3:
            parts.append(f"...{pick.choice(['F1', 'F2'])} {self._defer()}")
        return " ".join(parts)

    def _defer(self) -> str:
        condition = self.random.choice(["", "if: $t, ", "if: $f, ", "if: true, "])
        return f'@defer({condition}label: "d{self.random.randrange(10**9)}")'

    def _stream(self) -> str:
        condition = self.random.choice(["", "if: $t, ", "initialCount: 1, ", "initialCount: $k, "])
        return f'@stream({condition}label: "s{self.random.randrange(10**9)}")'

    def variables(self) -> dict[str, Any]:
        """Values for the query's variables."""
        return {"t": self.random.random() < 0.5, "f": self.random.random() < 0.5, "k": self.random.randrange(5)}

    def items(self, faults: float) -> list[Any]:
        """Up to five items, of whose attributes a share of `faults` does not fit."""
        kinds = (Item, Item, Item, Duck, Failing) if faults else (Item,)
        return [self._item(faults, 1, self.random.choice(kinds)) for _ in range(self.random.randrange(1, 6))]

    def _or(self, faults: float, good: Any, *bad: Any) -> Any:
        return self.random.choice(bad) if self.random.random() < faults else good

    def _leaf(self, p: float) -> Leaf:
        x = self._or(p, self.random.random(), math.nan, "1.5", "zz", None, True, Decimal("2.5"))
        y = self._or(p, self.random.randrange(100), None, 2**31, 2.0, 2.5, "7", "q")
        return Leaf(id=strawberry.ID(f"l{self.random.randrange(9)}"), x=x, y=y)

    def _scalars(self, p: float) -> dict[str, Any]:
        either, pick = self._or, self.random
        return {
            "id": either(p, "i1", 5, None, 1.5, object),
            "n": either(p, pick.randrange(50), None, 2**31, -(2**31) - 1, "12", 3.0, 3.5, True, "x"),
            "f": either(p, pick.random(), None, 1, True, math.inf, math.nan, "2.5", "no", Decimal("1.25"), 10**400),
            "s": either(p, "str", None, 5, True, 1.5, b"bytes", [], Color.RED, ValueError("the value is an exception")),
            "b": either(p, True, None, 0, 1, 2.5, "x"),
            "c": either(p, Color.GREEN, None, Color.RED, "r", 3, "nope", "RED"),
            "d": either(p, datetime(2026, 1, 2, tzinfo=UTC), None, date(2026, 1, 1), "2026", 5),
            "j": either(p, {"a": [1, 2]}, None, [1], "x", Awaitable(), ValueError("the JSON is an exception")),
        }

    def _lists(self, p: float) -> dict[str, Any]:
        either = self._or
        duck: Any = Duck(name="duck", value="v")
        return {
            "tags": either(
                p, ["x", "y"], [], ("t",), [1, None], None, "no list", [None], ["a", 5], (g for g in "ab"), {"s"}
            ),
            "opt_tags": either(p, ["x", None], None, [None], [5], ["a", []]),
            "nums": either(
                p, [1.0, 2.5], [None, 1.5], [1, 2], [math.nan], [math.inf, 1.0], ["1.5"], (1.0,), None, [True]
            ),
            "matrix": either(p, [[1, 2], [3]], None, [[1], None], [[None]], [["q"]], [[2**40]]),
            "labels": either(
                p,
                [Label(name="n", value="v")],
                [],
                (Label(name="n", value=None),),
                [None],
                [Label(name=None, value="x")],  # type: ignore[arg-type]
                [duck],
                [Duck(name="without")],
                None,
                [5],
            ),
            "opt_labels": either(p, [Label(name="n", value="v"), None], None, [None], [duck]),
        }

    def _item(self, p: float, depth: int, kind: Any) -> Any:
        leaf = self._leaf(p)
        other = Other(id=strawberry.ID("o"), z="z")
        duck: Any = Duck(id="1", x=1.0, y=2)
        attributes = self._scalars(p) | self._lists(p)
        attributes["leaf"] = self._or(p, leaf, None, duck, other, 5)
        attributes["node"] = self._or(p, leaf, None, other, duck)
        attributes["u"] = self._or(p, leaf, None, other, duck)
        attributes["child"] = self._item(p, depth - 1, kind) if depth and self.random.random() < 0.7 else None
        if kind is Item:
            return Item(**attributes)
        if kind is Failing:
            del attributes["s"]
        return kind(**attributes, up="up")
