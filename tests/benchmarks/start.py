"""B1 and B2: how long until the message box is there, and how much memory that takes."""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from tests.benchmarks import harness
from tests.benchmarks.harness import Plan, Result, median

CONVERSATIONS, MESSAGES = 100_000, 200_000
SETTLE_S = 3.0
"""In which what is loaded after the first paint is loaded."""

_PAINT_TIMEOUT_S = 30.0
_POLL_S = 0.0005


class _Start(NamedTuple):
    """One start.

    Attributes:
        seconds: From just before the process was made to the end of its first paint.
        painted_mb: Resident memory then.
        settled_mb: Resident memory once nothing is loaded any more; 0 where not waited for.
    """

    seconds: float
    painted_mb: float | None
    settled_mb: float | None


def platforms() -> list[str]:
    """Where windows can be painted here."""
    return ["offscreen", "xcb"] if sys.platform == "linux" and os.environ.get("DISPLAY") else [""]


def measure(plan: Plan) -> list[Result]:
    """B1 and the first half of B2, on every platform there is."""
    size = (1_000, 2_000) if plan.is_quick else (CONVERSATIONS, MESSAGES)
    with harness.filled_folder(*size) as folder:
        return [
            result
            for platform in platforms()
            for result in _measure(plan, folder, platform or "offscreen")
        ]


def _measure(plan: Plan, folder: Path, platform: str) -> list[Result]:
    bare: list[_Start] = []
    whole: list[_Start] = []
    for number in range(plan.rounds + 1):
        waits = 0.0 if plan.is_quick or number % 2 == 0 else SETTLE_S
        pair = (_bare(platform), _application(folder, platform, waits))
        if number:
            bare.append(pair[0])
            whole.append(pair[1])
    value, base = (median([each.seconds * 1000 for each in starts]) for starts in (whole, bare))
    where = f"({platform})"
    fastest = [min(each.seconds for each in starts) * 1000 for starts in (whole, bare)]
    note = "fastest {:.0f} ms / {:.0f} ms".format(*fastest)
    results = [Result("B1", f"start to first paint {where}", "ms", value, base, 1.5, note=note)]
    bare_mb = _middle([each.painted_mb for each in bare])
    for what, found, budget in (
        ("memory at first paint", [each.painted_mb for each in whole], 1.6),
        ("memory once all is loaded", [each.settled_mb for each in whole], None),
    ):
        resident_mb = _middle(found)
        note = "" if resident_mb else "needs Linux's /proc and more than one round"
        results.append(
            Result("B2", f"{what} {where}", "MB", resident_mb, bare_mb, budget, note=note)
        )
    return results


def _middle(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None


def _bare(platform: str) -> _Start:
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, "painted.json")
        began = time.monotonic()
        child = harness.start("tests.benchmarks.bare_window", target, platform=platform)
        return _watched(child, target, began, 0.0)


def _application(data: Path, platform: str, settle_s: float) -> _Start:
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, "painted.json")
        began = time.monotonic()
        child = harness.start(
            "desktop", "--data-dir", data, platform=platform, SOUNDING_TRACE_START=str(target)
        )
        return _watched(child, target, began, settle_s)


def _watched(child: "subprocess.Popen[str]", target: Path, began: float, settle_s: float) -> _Start:
    """Waits for the first paint, then ends the child."""
    try:
        deadline = began + _PAINT_TIMEOUT_S
        while not target.exists():
            if time.monotonic() > deadline or child.poll() is not None:
                raise RuntimeError("no window was painted")
            time.sleep(_POLL_S)
        painted_mb = harness.resident_mb(child.pid)
        while not (text := target.read_text("utf-8")).endswith("}"):
            time.sleep(_POLL_S)
        seconds: float = json.loads(text)["monotonic_s"] - began
        time.sleep(settle_s)
        return _Start(seconds, painted_mb, harness.resident_mb(child.pid) if settle_s else None)
    finally:
        harness.end(child)
