"""The evaluator gives what a real Prometheus gives over the same samples."""

from __future__ import annotations

import contextlib
import math
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.demo.simulators.prometheus.engine import Evaluator
from gateway.demo.simulators.prometheus.promql import parse
from gateway.demo.simulators.prometheus.storage.given import ListStorage
from gateway.demo.simulators.prometheus.storage.protocol import Series
from gateway.demo.simulators.prometheus.values import format_value
from tests.gateway.demo.simulators.prometheus.samples import series

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.skipif(
        not (shutil.which("prometheus") and shutil.which("promtool")),
        reason="no prometheus and promtool here (Debian: apt-get install prometheus)",
    ),
]

BEGIN_S = 1_700_000_100
# Off the scrapes' grid: a sample at a window's very left end counts for Prometheus 2 and not for 3.
START_S, END_S, STEP_S = BEGIN_S + 607, BEGIN_S + 1807, 60


def stored() -> list[Series]:
    begin_ms = BEGIN_S * 1000
    found = [
        series(
            f"requests_total job=a code={code}", [float(place * pace % 5000) for place in range(140)], start_ms=begin_ms
        )
        for code, pace in (("200", 37), ("404", 3), ("500", 211))
    ]
    found += [
        series(
            f"requests_total job=b code={code}", [float(1000 + place * pace) for place in range(140)], start_ms=begin_ms
        )
        for code, pace in (("200", 19), ("500", 1))
    ]
    found += [
        series(
            f"temperature room={room}",
            [round(20 + 9 * math.sin(place / period), 3) for place in range(140)],
            start_ms=begin_ms,
        )
        for room, period in (("attic", 7), ("cellar", 23), ("kitchen", 11))
    ]
    found.append(series("seldom job=a", [1.0, 5.0, 2.0, 8.0, 7.0], start_ms=begin_ms + 300_000, step_ms=240_000))
    for job, pace in (("a", 4), ("b", 9)):
        shares = (("0.1", 0.3), ("0.5", 0.7), ("1.0", 0.95), ("+Inf", 1.0))
        found += [
            series(
                f"duration_bucket job={job} le={bound}",
                [float(int(place * pace * share)) for place in range(140)],
                start_ms=begin_ms,
            )
            for bound, share in shares
        ]
    return found


QUERIES = [
    "requests_total",
    "rate(requests_total[5m])",
    "rate(requests_total[1m])",
    "increase(requests_total[10m])",
    "irate(requests_total[2m])",
    "idelta(temperature[2m])",
    "delta(temperature[5m])",
    "deriv(temperature[5m])",
    "predict_linear(temperature[5m], 600)",
    "changes(temperature[5m])",
    "resets(requests_total[10m])",
    "rate(seldom[10m])",
    "seldom",
    "avg_over_time(temperature[3m])",
    "min_over_time(temperature[3m])",
    "max_over_time(temperature[3m])",
    "sum_over_time(temperature[3m])",
    "count_over_time(seldom[10m])",
    "last_over_time(temperature[3m])",
    "stddev_over_time(temperature[3m])",
    "quantile_over_time(0.3, temperature[3m])",
    "present_over_time(seldom[5m])",
    "absent_over_time(seldom[3m])",
    "max_over_time(rate(requests_total[1m])[5m:30s])",
    "avg_over_time((temperature > 20)[5m:1m])",
    "sum(rate(requests_total[5m]))",
    "sum by (job) (rate(requests_total[5m]))",
    "sum without (code) (rate(requests_total[5m]))",
    "avg by (job) (requests_total)",
    "min(temperature)",
    "max(temperature)",
    "count by (code) (requests_total)",
    "stddev(temperature)",
    "stdvar(temperature)",
    "quantile(0.8, temperature)",
    "topk(2, temperature)",
    "bottomk by (job) (1, requests_total)",
    'count_values("v", round(temperature / 10))',
    "group by (job) (requests_total)",
    "histogram_quantile(0.9, rate(duration_bucket[5m]))",
    "histogram_quantile(0.5, sum by (le) (rate(duration_bucket[5m])))",
    "histogram_quantile(0.99, sum by (le, job) (increase(duration_bucket[1m])))",
    'sum by (job) (rate(requests_total{code=~"5.."}[5m])) / sum by (job) (rate(requests_total[5m]))',
    "requests_total / ignoring(code) group_left sum without (code) (requests_total)",
    "sum by (job) (requests_total) * on(job) group_right requests_total",
    'requests_total{code="200"} - ignoring(code) requests_total{code="500"}',
    "temperature > 20",
    "temperature >= bool 20",
    "20 < temperature",
    "temperature > 22 or temperature < 18",
    "temperature and temperature > 20",
    "temperature unless temperature > 20",
    "temperature ^ 2 % 7 - 3 / 2 * -1",
    "-temperature",
    "abs(temperature - 20) + ceil(temperature) + floor(temperature) + sgn(temperature - 20)",
    "round(temperature, 0.25)",
    "exp(temperature / 10) + ln(temperature) + log2(temperature) + log10(temperature) + sqrt(temperature)",
    "clamp(temperature, 18, 22)",
    "clamp_min(temperature, 20) - clamp_max(temperature, 20)",
    "absent(nothing{a=\"b\", c=~\"d\"})",
    "absent(temperature)",
    "scalar(sum(temperature)) + vector(1)",
    "timestamp(temperature)",
    "time() - timestamp(seldom)",
    'label_replace(temperature, "first", "$1", "room", "(.).*")',
    'label_join(requests_total, "both", "-", "job", "code")',
    "hour() * 100 + minute()",
    "day_of_week(vector(time())) + days_in_month() + month() + year() + day_of_month() + day_of_year()",
    "temperature offset 5m",
    "rate(requests_total[5m] offset 2m)",
    f"temperature @ {BEGIN_S + 900}",
    "rate(requests_total[5m] @ end())",
    "1 / 0",
    "vector(0) / 0",
    "pi() * 2",
    "sin(temperature) + cos(temperature) + atan(temperature) + rad(deg(temperature))",
    '{__name__=~"temp.+", room!~"a.*|k.*"}',
    "sum(requests_total) by (job) > bool on(job) sum(duration_bucket) by (job)",
]  # fmt: skip


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder = tmp_path_factory.mktemp("prometheus")
    (folder / "samples.txt").write_text(open_metrics(stored()))
    (folder / "prometheus.yml").write_text("global: {}\n")
    made = ["promtool", "tsdb", "create-blocks-from", "openmetrics", "samples.txt", "data"]
    subprocess.run(made, cwd=folder, check=True, capture_output=True)
    port = free_port()
    command = ["prometheus", f"--web.listen-address=127.0.0.1:{port}", "--config.file=prometheus.yml"]
    command += ["--storage.tsdb.path=data", "--storage.tsdb.retention.time=100y", "--log.level=error"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
                wait_until_ready(client, process, folder)
                yield client
        finally:
            process.terminate()
            process.wait(10)


def open_metrics(stored: list[Series]) -> str:
    lines = []
    for each in stored:
        labels = ",".join(f'{name}="{value}"' for name, value in each.labels.items() if name != "__name__")
        lines += [
            f"{each.labels['__name__']}{{{labels}}} {value} {at / 1000}"
            for at, value in zip(each.times, each.values, strict=True)
        ]
    return "\n".join([*lines, "# EOF", ""])


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def wait_until_ready(client: httpx.Client, process: subprocess.Popen[bytes], folder: Path) -> None:
    for _ in range(200):
        assert process.poll() is None, (folder / "log").read_text()
        with contextlib.suppress(httpx.TransportError):
            if client.get("/-/ready").status_code == 200:
                return
        time.sleep(0.05)
    raise AssertionError("Prometheus did not become ready in ten seconds")


@pytest.mark.parametrize("query", QUERIES)
def test_range_query_agrees(prometheus: httpx.Client, query: str) -> None:
    given = {"query": query, "start": START_S, "end": END_S, "step": STEP_S}
    answer = prometheus.post("/api/v1/query_range", data=given).json()
    assert answer["status"] == "success", answer
    theirs = {
        labels_of(series["metric"]): {at: float(value) for at, value in series["values"]}
        for series in answer["data"]["result"]
    }
    mine = ours(query)
    assert mine.keys() == theirs.keys()
    for labels, values in theirs.items():
        assert mine[labels] == pytest.approx(values, rel=1e-9, abs=1e-9, nan_ok=True)


def ours(query: str) -> dict[str, dict[int, float]]:
    grid = range(START_S * 1000, END_S * 1000 + 1, STEP_S * 1000)
    evaluator, node = Evaluator(ListStorage(stored()), grid), parse(query)
    if query in ("1 / 0", "pi() * 2"):
        return {"": {at // 1000: value for at, value in zip(grid, evaluator.scalar(node), strict=True)}}
    found = {
        labels_of(column.labels): {
            at // 1000: value for at, value in zip(grid, column.values, strict=True) if value is not None
        }
        for column in evaluator.vector(node)
    }
    return {labels: values for labels, values in found.items() if values}


def labels_of(labels: dict[str, Any]) -> str:
    return ",".join(f"{name}={value}" for name, value in sorted(labels.items()))


@pytest.mark.parametrize("value", [0.1, 1e-7, 1e21, 123456789.0, 2 / 3, -5e-324, math.inf, math.nan])
def test_values_are_written_alike(prometheus: httpx.Client, value: float) -> None:
    literal = {"inf": "Inf", "nan": "NaN"}.get(str(value), repr(value))
    answer = prometheus.post("/api/v1/query", data={"query": literal, "time": START_S}).json()
    assert answer["data"]["result"][1] == format_value(value)


@pytest.mark.parametrize(
    "query",
    ["up{", "sum(", "foo(up)", "rate(up)", "1 == 2", "up and 1", "(up)[5m]", "up[5m] offset", "sum by up", "a b", "))"],
)
def test_mistakes_are_refused_alike(prometheus: httpx.Client, query: str) -> None:
    answer = prometheus.post("/api/v1/query", data={"query": query})
    assert answer.status_code == 400
    with pytest.raises(Exception, match=".") as caught:
        parse(query)
    assert type(caught.value).__name__ == "ParseFault"
