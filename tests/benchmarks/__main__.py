"""Measures the application against its budgets and prints one table.

python -m tests.benchmarks [B1 B3 large ...] [--json FILE] [--rounds N] [--quick]
"""

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from tests.benchmarks import large, opening, references, start, streaming
from tests.benchmarks.harness import Plan, Result, table

GROUPS: dict[Callable[[Plan], list[Result]], tuple[str, ...]] = {
    start.measure: ("B1", "B2"),
    streaming.memory: ("B2",),
    streaming.throughput: ("B3",),
    streaming.smoothness: ("B4", "B5"),
    opening.measure: ("B6",),
    streaming.latency: ("B8",),
    streaming.processor: ("B9",),
    references.throughput: ("B3",),
    references.smoothness: ("B4", "B5"),
    large.measure: ("large",),
}
NAMES = sorted({name for names in GROUPS.values() for name in names})


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when everything asked for was measured, whatever the figures."""
    options = _options(arguments)
    wanted = set(options.names or NAMES)
    plan = Plan(options.rounds or (1 if options.quick else 5), options.quick)
    results: list[Result] = []
    for measure, names in GROUPS.items():
        if wanted & set(names):
            print(
                f"measuring {', '.join(names)}: {measure.__module__.rpartition('.')[2]}", flush=True
            )
            results += [each for each in measure(plan) if each.name in wanted]
    print(table(sorted(results, key=_name)))
    if options.json:
        options.json.write_text(json.dumps(_report(plan, results), indent=2) + "\n", "utf-8")
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results there too")
    parser.add_argument("--rounds", type=int, help="how often each pair is measured (5)")
    parser.add_argument("--quick", action="store_true", help="small and once: does it work?")
    options = parser.parse_args(arguments)
    if unknown := set(options.names) - set(NAMES):
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    return options


def _name(result: Result) -> str:
    return result.name


def _report(plan: Plan, results: Sequence[Result]) -> dict[str, object]:
    return {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "system": platform.platform(),
        "processors": os.cpu_count(),
        "python": platform.python_version(),
        "qt": version("PySide6-Essentials"),
        "rounds": plan.rounds,
        "is_quick": plan.is_quick,
        "results": [result.payload() for result in results],
    }


if __name__ == "__main__":
    sys.exit(main())
