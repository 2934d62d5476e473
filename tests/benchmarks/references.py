"""B3, B4 and B5 of two ordinary text widgets, to see ours beside."""

from typing import Any

from tests.benchmarks import harness
from tests.benchmarks.harness import Plan, Result, percentile
from tests.benchmarks.streaming import SPAN_KB, cost_per_kb

KINDS = {"markdown": "QTextBrowser.setMarkdown(whole)", "plain": "QPlainTextEdit, appended"}
_QUADRATIC = 10
"""What is set whole at every update gets a stream so much shorter: it costs the square."""


def throughput(plan: Plan) -> list[Result]:
    """Events a second of B3's stream."""
    results: list[Result] = []
    with harness.provider() as url:
        for kind, name in KINDS.items():
            events = (5_000 if plan.is_quick else 100_000) // _shorter(kind)
            found = _run(kind, url, f"flood {events}")
            what = f"reference {name}, {events:,} events"
            results.append(Result("B3", what, "/s", events / found["seconds"]))
    return results


def smoothness(plan: Plan) -> list[Result]:
    """Stalls and cost of B4's and B5's stream."""
    results: list[Result] = []
    with harness.provider() as url:
        for kind, name in KINDS.items():
            large = max((50 if plan.is_quick else 1_000) // _shorter(kind), 30)
            prompt = f"ramp 2000 small 4 large {large} span {SPAN_KB}"
            found = _run(kind, url, prompt)
            spans = [((size + 2) * 1000, (size + SPAN_KB - 2) * 1000) for size in (4, large)]
            late_ms = [
                ms
                for first, last in spans
                for chars, ms in found["late_ms"]
                if first <= chars <= last
            ]
            early, late = (cost_per_kb(found["cpu_s"], *span) * 1000 for span in spans)
            what = f"reference {name}, {large} KB answer"
            note = f"most {max(late_ms):.1f} ms"
            p99 = percentile(late_ms, 0.99)
            results.append(Result("B4", f"{what}, p99", "ms", p99, note=note))
            results.append(Result("B5", f"{what} / at 10 KB", "ms", late, early))
    return results


def _shorter(kind: str) -> int:
    return _QUADRATIC if kind == "markdown" else 1


def _run(kind: str, url: str, prompt: str) -> dict[str, Any]:
    return harness.answer("tests.benchmarks.reference_window", kind, url, prompt)
