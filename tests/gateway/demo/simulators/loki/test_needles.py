from __future__ import annotations

from random import Random

from gateway.demo.scenario import Scenario
from gateway.demo.simulators.loki.needles import Needle
from tests.gateway.demo.simulators.loki.conftest import NOW_NS


def test_verdict_on_a_template_is_never_wrong_about_a_line(scenario: Scenario) -> None:
    rng = Random(7)
    requests = scenario.requests("shop", NOW_NS - 300 * 10**9, NOW_NS)
    lines = [
        (log, request.log(position).line) for request in requests for position, log in enumerate(request.variant.logs)
    ]
    wrong, decided = [], 0
    for _ in range(300):
        source = rng.choice(lines)[1]
        at = rng.randrange(len(source))
        needle = Needle(source[at : at + rng.randrange(1, 25)])
        for log, line in rng.sample(lines, 30):
            verdict = needle.verdict(log)
            decided += verdict is not None
            if verdict is not None and verdict is not (needle.text in line):
                wrong.append((needle.text, line, verdict))
    assert wrong == []
    assert decided > 4000
