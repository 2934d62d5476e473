"""B2 (after streaming), B3, B4, B5, B8 and B9: what a running reply costs."""

from tests.benchmarks import harness
from tests.benchmarks.harness import Plan, Result, median, percentile

SPAN_KB = 24
"""Length of the paced stretches that are compared: 3 s at 2,000 tokens a second."""


def memory(plan: Plan) -> list[Result]:
    """B2: memory after a million tokens, in ten replies of one conversation."""
    events = 2_000 if plan.is_quick else 100_000
    with harness.provider() as url, harness.empty_folder() as folder:
        found = harness.driven("memory", folder, url, replies=10, events=events)
    if found["after"] is None:
        note = "resident memory is read from Linux's /proc only"
        return [Result("B2", "memory after streaming", "MB", None, note=note)]
    what = f"memory after {10 * events:,} tokens / before any"
    note = f"{found['warm']:.1f} MB after the first short reply"
    return [Result("B2", what, "MB", found["after"], found["before"], 1.3, note=note)]


def throughput(plan: Plan) -> list[Result]:
    """B3: events a second, socket to painted, beside a bare consumer of the same stream."""
    events = 5_000 if plan.is_quick else 100_000
    whole: list[float] = []
    bare: list[float] = []
    with harness.provider() as url:
        for _ in range(plan.rounds):
            client = harness.answer("tests.benchmarks.bare_client", url, str(events))
            with harness.empty_folder() as folder:
                window = harness.driven("flood", folder, url, events=events)
            if window["chars"] != client["chars"]:
                raise RuntimeError("the window lost text")
            bare.append(events / client["seconds"])
            whole.append(events / window["seconds"])
    what = f"stream of {events:,} events, one an HTTP chunk"
    return [Result("B3", what, "/s", median(whole), median(bare), 0.5, is_floor=True)]


def latency(plan: Plan) -> list[Result]:
    """B8: from the byte on the socket to its glyphs."""
    late_ms: list[float] = []
    with harness.provider() as url:
        for _ in range(1 if plan.is_quick else plan.rounds):
            with harness.empty_folder() as folder:
                events = 20 if plan.is_quick else 120
                found = harness.driven("stamps", folder, url, events=events, interval_ms=43)
                if len(found["late_ms"]) < 0.95 * events:
                    raise RuntimeError("the window did not show every delta")
                late_ms += found["late_ms"]
    note = f"median {median(late_ms):.1f} ms, most {max(late_ms):.1f} ms"
    what = "byte sent to glyphs painted, p95"
    return [Result("B8", what, "ms", percentile(late_ms, 0.95), budget=21.7, note=note)]


def smoothness(plan: Plan) -> list[Result]:
    """B4 and B5: one answer of 1 MB at 2,000 tokens a second, with typing going on."""
    large = 50 if plan.is_quick else 1_000
    late_ms: list[float] = []
    early: list[float] = []
    late: list[float] = []
    with harness.provider() as url:
        for _ in range(1 if plan.is_quick else max(plan.rounds // 2, 1)):
            with harness.empty_folder() as folder:
                found = harness.driven(
                    "ramp", folder, url, rate=2_000, small=4, large=large, span=SPAN_KB
                )
            for size, target in ((4, early), (large, late)):
                first, last = (size + 2) * 1000, (size + SPAN_KB - 2) * 1000
                target.append(cost_per_kb(found["cpu_s"], first, last))
                late_ms += [ms for chars, ms in found["late_ms"] if first <= chars <= last]
    what = f"event-loop stall at 2,000 tokens/s, {large} KB answer, typing"
    return [
        Result("B4", f"{what}, p99", "ms", percentile(late_ms, 0.99), budget=17),
        Result("B4", f"{what}, most", "ms", max(late_ms), budget=50),
        Result(
            "B5",
            f"processor time per KB streamed at {large} KB / at 10 KB",
            "ms",
            median(late) * 1000,
            median(early) * 1000,
            1.3,
        ),
    ]


def cost_per_kb(samples: list[tuple[int, float]], first: int, last: int) -> float:
    """Processor seconds per 1,000 characters between two lengths of the answer."""
    inside = [sample for sample in samples if first <= sample[0] <= last]
    chars, seconds = (inside[-1][n] - inside[0][n] for n in (0, 1))
    return 1000 * seconds / chars


def processor(plan: Plan) -> list[Result]:
    """B9: processor time while an ordinary reply streams."""
    kilobytes = 0.4 if plan.is_quick else 4
    shares: list[float] = []
    with harness.provider() as url:
        for _ in range(1 if plan.is_quick else max(plan.rounds // 2, 1)):
            with harness.empty_folder() as folder:
                found = harness.driven("pace", folder, url, rate=100, kilobytes=kilobytes)
                shares.append(found["cpu_s"] / found["wall_s"])
    return [Result("B9", "processor at 100 tokens/s / one core", "", median(shares), budget=0.15)]
