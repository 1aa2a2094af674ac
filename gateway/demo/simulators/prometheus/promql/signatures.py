"""The functions and aggregations that are known, and the types that they take and give."""

from __future__ import annotations

from typing import NamedTuple

SCALAR, VECTOR, MATRIX, STRING = "scalar", "instant vector", "range vector", "string"


class Signature(NamedTuple):
    """`optional` arguments at the end may be left out; -1 means any number of the last."""

    arguments: tuple[str, ...]
    result: str = VECTOR
    optional: int = 0


_ROLLING = (
    "rate increase irate idelta delta deriv changes resets avg_over_time min_over_time max_over_time sum_over_time count_over_time "
    "last_over_time first_over_time stddev_over_time stdvar_over_time present_over_time absent_over_time"
).split()
_PLAIN = (
    "abs ceil floor sqrt exp ln log2 log10 sgn sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh deg rad "
    "absent sort sort_desc timestamp"
).split()
_DATES = "minute hour day_of_week day_of_month day_of_year days_in_month month year".split()

FUNCTIONS: dict[str, Signature] = {
    **dict.fromkeys(_ROLLING, Signature((MATRIX,))),
    **dict.fromkeys(_PLAIN, Signature((VECTOR,))),
    **dict.fromkeys(_DATES, Signature((VECTOR,), VECTOR, 1)),
    "quantile_over_time": Signature((SCALAR, MATRIX)),
    "predict_linear": Signature((MATRIX, SCALAR)),
    "round": Signature((VECTOR, SCALAR), VECTOR, 1),
    "clamp": Signature((VECTOR, SCALAR, SCALAR)),
    "clamp_min": Signature((VECTOR, SCALAR)),
    "clamp_max": Signature((VECTOR, SCALAR)),
    "histogram_quantile": Signature((SCALAR, VECTOR)),
    "label_replace": Signature((VECTOR, STRING, STRING, STRING, STRING)),
    "label_join": Signature((VECTOR, STRING, STRING, STRING), VECTOR, -1),
    "vector": Signature((SCALAR,)),
    "scalar": Signature((VECTOR,), SCALAR),
    "time": Signature((), SCALAR),
    "pi": Signature((), SCALAR),
}

AGGREGATIONS: dict[str, str | None] = {
    **dict.fromkeys(("sum", "avg", "min", "max", "count", "group", "stddev", "stdvar")),
    "topk": SCALAR,
    "bottomk": SCALAR,
    "quantile": SCALAR,
    "count_values": STRING,
}
