"""The evaluator, against numbers worked out by hand."""

from __future__ import annotations

import math

import pytest

from gateway.demo.simulators.prometheus.engine import EvaluationTimeout, Evaluator, ExecutionFault, Notes
from gateway.demo.simulators.prometheus.promql import parse
from gateway.demo.simulators.prometheus.storage.given import ListStorage
from tests.gateway.demo.simulators.prometheus.samples import evaluate, evaluate_range, series

# One request a second, scraped every 15 s for ten minutes; at 300 s the counter starts again from nought.
STEADY = series("requests_total job=a", [15.0 * place for place in range(41)])
RESET = series("resets_total job=a", [15.0 * place for place in range(21)] + [15.0 * place for place in range(20)])
GAUGES = [
    series("temperature room=kitchen floor=0", [20.0, 21.0, 22.0, 23.0, 24.0]),
    series("temperature room=attic floor=1", [10.0, 12.0, 11.0, 14.0, 13.0]),
    series("temperature room=cellar floor=0", [5.0, math.nan, 5.0, 5.0, 5.0]),
]
BUCKETS = [
    series(f"duration_bucket le={bound} job=a", [0.0, count])
    for bound, count in (("0.1", 50.0), ("0.5", 90.0), ("1.0", 100.0), ("+Inf", 100.0))
]


@pytest.mark.parametrize(
    "query, at, expected",
    [
        pytest.param(
            "rate(requests_total[5m])", 600, 1.0, id="window on the grid holds 20 samples and is drawn out by 15 s"
        ),
        pytest.param("rate(requests_total[5m])", 607, 1.0, id="window off the grid"),
        pytest.param("increase(requests_total[5m])", 600, 300.0, id="increase of the whole window"),
        pytest.param("increase(requests_total[1m])", 600, 60.0, id="four samples, 45 s, drawn out to 60"),
        pytest.param(
            "rate(resets_total[5m])", 420, 1.0 * (285 - 15) / 285, id="a reset loses what came after the last scrape"
        ),
        pytest.param("increase(requests_total[5m])", 60, 75.0 * 60 / 75, id="not drawn out to before zero"),
        pytest.param("irate(requests_total[5m])", 600, 1.0, id="irate"),
        pytest.param("irate(resets_total[5m])", 315, 0.0, id="irate over a reset takes the last value"),
        pytest.param("idelta(requests_total[5m])", 600, 15.0, id="idelta"),
        pytest.param("delta(requests_total[5m])", 600, 300.0, id="delta"),
        pytest.param("deriv(requests_total[5m])", 600, 1.0, id="deriv"),
        pytest.param("predict_linear(requests_total[5m], 60)", 600, 660.0, id="predict_linear"),
        pytest.param("resets(resets_total[10m])", 600, 1.0, id="resets"),
        pytest.param("changes(requests_total[1m])", 600, 3.0, id="changes"),
        pytest.param("count_over_time(requests_total[1m])", 600, 4.0, id="left end of a range is open"),
        pytest.param("sum_over_time(requests_total[30s])", 30, 45.0, id="sum_over_time"),
        pytest.param("avg_over_time(requests_total[30s])", 30, 22.5, id="avg_over_time"),
        pytest.param("quantile_over_time(0.5, requests_total[1m])", 60, 37.5, id="quantile_over_time"),
        pytest.param("last_over_time(requests_total[1m] offset 1m)", 120, 60.0, id="offset"),
        pytest.param("requests_total @ 60", 600, 60.0, id="@"),
        pytest.param("max_over_time(rate(requests_total[1m])[2m:30s])", 600, 1.0, id="subquery"),
        pytest.param(
            "sum_over_time(requests_total[1m:30s])", 60, 30.0 + 60.0, id="subquery's grid is aligned, its left end open"
        ),
        pytest.param("time() - timestamp(requests_total)", 607, 7.0, id="timestamp is the sample's"),
        pytest.param("requests_total", 899, 600.0, id="lookback of five minutes"),
    ],
)
def test_one_series_gives_one_number(query: str, at: float, expected: float) -> None:
    found = evaluate([STEADY, RESET], query, at)
    assert list(found.values()) == [pytest.approx(expected)]


def test_sample_older_than_the_lookback_is_gone() -> None:
    assert evaluate([STEADY], "requests_total", 900) == {}


def test_stale_marker_ends_a_series_at_once() -> None:
    stored = [series("up job=a", [1.0, 1.0, None])]
    assert evaluate(stored, "up", 29) == {"__name__=up,job=a": 1.0}
    assert evaluate(stored, "up", 30) == {}
    assert evaluate(stored, "count_over_time(up[1m])", 30) == {"job=a": 2.0}


def test_one_sample_is_too_few_for_a_rate() -> None:
    assert evaluate([series("requests_total", [5.0])], "rate(requests_total[5m])", 10) == {}


@pytest.mark.parametrize(
    "query, expected",
    [
        ("sum(temperature)", {"": 20.0 + 10.0 + 5.0}),
        ("sum by (floor) (temperature)", {"floor=0": 25.0, "floor=1": 10.0}),
        ("sum without (room) (temperature)", {"floor=0": 25.0, "floor=1": 10.0}),
        ("avg(temperature)", {"": 35.0 / 3}),
        ("min(temperature)", {"": 5.0}),
        ("max by (floor) (temperature)", {"floor=0": 20.0, "floor=1": 10.0}),
        ("count(temperature > 5)", {"": 2.0}),
        ("group(temperature)", {"": 1.0}),
        ("stdvar(temperature)", {"": 350.0 / 9}),
        ("quantile(0.5, temperature)", {"": 10.0}),
        ("topk(1, temperature)", {"__name__=temperature,floor=0,room=kitchen": 20.0}),
        ("bottomk by (floor) (1, temperature)", {
            "__name__=temperature,floor=0,room=cellar": 5.0,
            "__name__=temperature,floor=1,room=attic": 10.0,
        }),
        ('count_values("degrees", temperature)', {"degrees=20": 1.0, "degrees=10": 1.0, "degrees=5": 1.0}),
        ("sum(absent)", {}),
    ],
)  # fmt: skip
def test_aggregations(query: str, expected: dict[str, float]) -> None:
    assert evaluate(GAUGES, query, 0) == pytest.approx(expected)


def test_extremes_pass_over_nan() -> None:
    assert evaluate(GAUGES, "min(temperature)", 15) == {"": 12.0}
    assert math.isnan(evaluate(GAUGES, "sum(temperature)", 15)[""])


def test_topk_is_ordered_by_value() -> None:
    assert [key.split("=")[-1] for key in evaluate(GAUGES, "topk(3, temperature)", 0)] == ["kitchen", "attic", "cellar"]
    assert [key.split("=")[-1] for key in evaluate(GAUGES, "sort(temperature)", 0)] == ["cellar", "attic", "kitchen"]


@pytest.mark.parametrize(
    "quantile, expected",
    [(0.25, 0.05), (0.5, 0.1), (0.7, 0.3), (0.95, 0.75), (1.0, 1.0), (-1.0, -math.inf), (2.0, math.inf)],
)
def test_histogram_quantile_lies_evenly_within_its_bucket(quantile: float, expected: float) -> None:
    assert evaluate(BUCKETS, f"histogram_quantile({quantile}, duration_bucket)", 15) == {
        "job=a": pytest.approx(expected)
    }


def test_histogram_quantile_of_nothing_observed_is_nan() -> None:
    assert math.isnan(evaluate(BUCKETS, "histogram_quantile(0.9, duration_bucket)", 0)["job=a"])


def test_lowest_quantile_over_an_empty_first_bucket_is_nan() -> None:
    stored = [series("duration_bucket le=1", [0.0]), series("duration_bucket le=+Inf", [9.0])]
    assert math.isnan(evaluate(stored, "histogram_quantile(0, duration_bucket)", 0)[""])


def test_histogram_quantile_in_the_last_bucket_is_its_lower_bound() -> None:
    stored = [series("duration_bucket le=1", [1.0]), series("duration_bucket le=+Inf", [100.0])]
    assert evaluate(stored, "histogram_quantile(0.9, duration_bucket)", 0) == {"": 1.0}


def test_series_without_a_bound_is_left_out_with_a_warning() -> None:
    notes = Notes()
    assert evaluate(GAUGES, "histogram_quantile(0.9, temperature)", 0, notes=notes) == {}
    assert notes.warnings == {('bucket label "le" is missing or has a malformed value of ""', 24): None}


def test_rate_of_a_gauge_is_remarked_on() -> None:
    notes = Notes()
    evaluate(GAUGES, "rate(temperature[1m])", 60, notes=notes)
    assert [text for text, _ in notes.infos] == [
        'metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "temperature"'
    ]


ERRORS = [
    series("errors code=500 job=a", [5.0]),
    series("errors code=404 job=a", [3.0]),
    series("errors code=500 job=b", [1.0]),
]
TOTALS = [series("totals job=a", [10.0]), series("totals job=b", [4.0])]


@pytest.mark.parametrize(
    "query, expected",
    [
        ("1 + 2 * 3 ^ 2", {"": 19.0}),
        ("-2 ^ 2", {"": -4.0}),
        ("2 ^ 3 ^ 2", {"": 512.0}),
        ("7 % 4 - 1", {"": 2.0}),
        ("1 == bool 2", {"": 0.0}),
        ("totals / 2", {"job=a": 5.0, "job=b": 2.0}),
        ("totals > 5", {"__name__=totals,job=a": 10.0}),
        ("5 < totals", {"__name__=totals,job=a": 10.0}),
        ("totals > bool 5", {"job=a": 1.0, "job=b": 0.0}),
        ('errors{code="500"} / ignoring(code) totals', {"job=a": 0.5, "job=b": 0.25}),
        ("errors / ignoring(code) group_left totals", {"code=500,job=a": 0.5, "code=404,job=a": 0.3, "code=500,job=b": 0.25}),
        ("totals / on(job) group_right errors", {"code=500,job=a": 2.0, "code=404,job=a": 10 / 3, "code=500,job=b": 4.0}),
        ('totals and on(job) errors{code="404"}', {"__name__=totals,job=a": 10.0}),
        ('totals unless on(job) errors{code="404"}', {"__name__=totals,job=b": 4.0}),
        ('totals{job="a"} or totals', {"__name__=totals,job=a": 10.0, "__name__=totals,job=b": 4.0}),
        ("sum(errors) or vector(0)", {"": 9.0}),
        ("sum(nothing) or vector(0)", {"": 0.0}),
        ("-totals", {"job=a": -10.0, "job=b": -4.0}),
        ("scalar(sum(totals)) * 2", {"": 28.0}),
        ("clamp(totals, 5, 9)", {"job=a": 9.0, "job=b": 5.0}),
        ("clamp_max(totals, 5)", {"job=a": 5.0, "job=b": 4.0}),
        ("clamp_min(totals, 5)", {"job=a": 10.0, "job=b": 5.0}),
        ("round(totals / 3)", {"job=a": 3.0, "job=b": 1.0}),
        ("round(totals / 3, 0.5)", {"job=a": 3.5, "job=b": 1.5}),
        ("ceil(totals / 3) - floor(totals / 3)", {"job=a": 1.0, "job=b": 1.0}),
        ("abs(-totals) + sqrt(totals * 0) + ln(totals / totals) + sgn(totals)", {"job=a": 11.0, "job=b": 5.0}),
        ('absent(nothing{job="x", code=~"5.."})', {"job=x": 1.0}),
        ('absent(nothing{job="x", code=""})', {"job=x": 1.0}),
        ("absent(totals)", {}),
        ("nothing * on(code) group_left totals", {}),
        ('absent_over_time(nothing{job="x"}[5m])', {"job=x": 1.0}),
        (
            'label_replace(totals, "team", "$1-x", "job", "(.*)")',
            {"__name__=totals,job=a,team=a-x": 10.0, "__name__=totals,job=b,team=b-x": 4.0},
        ),
        ('label_replace(totals, "team", "x", "job", "b|c")', {"__name__=totals,job=a": 10.0, "__name__=totals,job=b,team=x": 4.0}),
        ('label_join(errors{code="404"}, "both", "/", "job", "code")', {"__name__=errors,both=a/404,code=404,job=a": 3.0}),
        ("hour(vector(7200)) + minute(vector(90)) + day_of_week(vector(0))", {"": 7.0}),
        ("year(vector(0)) + month(vector(0)) + days_in_month(vector(0)) + day_of_month(vector(86400))", {"": 2004.0}),
        ('{__name__=~"tot.*", job!="a"}', {"__name__=totals,job=b": 4.0}),
        ('totals{job!~"a|x"}', {"__name__=totals,job=b": 4.0}),
        ('totals{job=~"."}', {"__name__=totals,job=a": 10.0, "__name__=totals,job=b": 4.0}),
        ('totals{team=""}', {"__name__=totals,job=a": 10.0, "__name__=totals,job=b": 4.0}),
    ],
)  # fmt: skip
def test_operators_and_functions(query: str, expected: dict[str, float]) -> None:
    assert evaluate([*ERRORS, *TOTALS], query, 0) == pytest.approx(expected)


@pytest.mark.parametrize(
    "query, expected", [("1 / 0", math.inf), ("-1 / 0", -math.inf), ("0 / 0", math.nan), ("1 % 0", math.nan)]
)
def test_division_by_zero_follows_the_floats(query: str, expected: float) -> None:
    assert evaluate([], query, 0) == {"": pytest.approx(expected, nan_ok=True)}


@pytest.mark.parametrize(
    "query, words",
    [
        ("totals / on() totals", "found duplicate series for the match group {} on the right hand-side"),
        ("errors / ignoring(code) totals", "many-to-one matching must be explicit (group_left/group_right)"),
        ('{__name__=~"totals|requests"} * 1', "vector cannot contain metrics with the same labelset"),
        ('label_replace(totals, "job", "x", "", "")', "vector cannot contain metrics with the same labelset"),
        ('label_replace(totals, "job", "x", "job", "(")', "invalid regular expression in label_replace(): ("),
    ],
)
def test_ambiguity_is_refused(query: str, words: str) -> None:
    stored = [*ERRORS, *TOTALS, series("requests job=a", [1.0])]
    with pytest.raises(ExecutionFault) as caught:
        evaluate(stored, query, 0)
    assert words in str(caught.value)


def test_range_query_has_a_value_or_none_for_every_instant() -> None:
    assert evaluate_range([series("up job=a", [1.0, 0.0, 1.0])], "up == 0", 0, 30, 15) == {
        "__name__=up,job=a": [None, 0.0, None]
    }


def test_topk_over_time_chooses_anew_at_every_instant() -> None:
    stored = [series("load job=a", [1.0, 3.0]), series("load job=b", [2.0, 2.0])]
    found = evaluate_range(stored, "topk(1, load)", 0, 15, 15)
    assert found == {"__name__=load,job=a": [None, 3.0], "__name__=load,job=b": [2.0, None]}


def test_late_evaluation_is_cut_off() -> None:
    evaluator = Evaluator(ListStorage([STEADY]), [600_000], deadline=0.0)
    with pytest.raises(EvaluationTimeout):
        evaluator.vector(parse("requests_total"))
