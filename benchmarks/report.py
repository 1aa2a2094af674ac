"""What was measured, as tables and as a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log10
from statistics import median

from .measure import Figures, Results
from .works import WORKS

COLOURS = ("#2a6f97", "#a9a9a9", "#bc6c25", "#dda15e", "#606c38", "#8a8a55", "#c9ada7")
HEAD = f"{'':20}{'p50 ms':>9}{'p99 ms':>9}{'answers/s':>11}{'CPU ms':>9}{'busy':>6}{'x answers':>11}{'x CPU':>8}{'x p50':>8}"


@dataclass(frozen=True)
class Claim:
    """One line of what the gateway promises: a figure, and what it has to be at least (or at most)."""

    what: str
    figure: float | None
    bound: float
    at_most: bool = False

    @property
    def holds(self) -> bool:
        """Whether it was kept in this run."""
        return self.figure is not None and (self.figure <= self.bound if self.at_most else self.figure >= self.bound)

    def line(self) -> str:
        """The claim as a row."""
        figure = "not measured" if self.figure is None else f"{self.figure:.1f}"
        bound = f"{'at most' if self.at_most else 'at least'} {self.bound:g}"
        return f"{self.what:72}{figure:>14}{bound:>16}   {'holds' if self.holds else 'MISSED'}"


def table(results: Results, told: Mapping[str, Mapping[str, Mapping[str, float]]]) -> str:
    """A block per question: each server's medians, and how many times better the gateway is."""
    lines = []
    for work in (work for work in WORKS if work.name in results):
        lines += ["", work.title, HEAD]
        for name, found in results[work.name].items():
            ratio = told[work.name].get(name)
            lines.append(_row(name, found) + (_ratios(ratio) if ratio else ""))
    return "\n".join(lines)


def plot(results: Results) -> str:
    """An SVG: CPU per answer of each server on each question, relative to the gateway's, on a logarithmic scale."""
    shown = [work for work in WORKS if work.name in results]
    names = list(dict.fromkeys(name for work in shown for name in results[work.name]))
    height, rows = 14 * len(names) + 26, []
    for at, work in enumerate(shown):
        own = median(next(iter(results[work.name].values())).cpu_ms)
        rows.append(f'<text x="8" y="{at * height + 34}" font-weight="bold">{work.title}</text>')
        for place, name in enumerate(names):
            if name in results[work.name]:
                times = median(results[work.name][name].cpu_ms) / own
                rows.append(_bar(name, times, at * height + 40 + place * 14, COLOURS[place % len(COLOURS)]))
    size = f'width="820" height="{len(shown) * height + 30}"'
    title = '<text x="8" y="14">CPU per answer, times the gateway\'s (logarithmic)</text>'
    style = '<style>text{font:11px sans-serif}</style><rect width="100%" height="100%" fill="white"/>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{style}{title}{"".join(rows)}</svg>\n'


def best(told: Mapping[str, Mapping[str, float]], peers: Sequence[str], figure: str) -> float | None:
    """The ratio to the strongest of some peers."""
    return min((told[peer][figure] for peer in peers if peer in told), default=None)


def _row(name: str, found: Figures) -> str:
    values = (median(found.p50_ms), median(found.p99_ms), median(found.throughput), median(found.cpu_ms))
    return f"{name:20}{values[0]:9.1f}{values[1]:9.1f}{values[2]:11.1f}{values[3]:9.2f}{median(found.busy):6.2f}"


def _ratios(ratio: Mapping[str, float]) -> str:
    return f"{ratio['throughput']:11.2f}{ratio['cpu']:8.2f}{ratio['p50']:8.2f}"


def _bar(name: str, times: float, y: int, colour: str) -> str:
    # from a tenth (left) to a hundred times (right) in 600 pixels
    width = max(2.0, min(600.0, 200 * (1 + log10(max(times, 0.1)))))
    bar = f'<rect x="140" y="{y}" width="{width:.0f}" height="11" fill="{colour}"/>'
    return f'<text x="8" y="{y + 10}">{name}</text>{bar}<text x="{145 + width:.0f}" y="{y + 10}">{times:.1f}</text>'
