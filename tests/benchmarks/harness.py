"""What all benchmarks share: child processes, cached histories, results and their table."""

import contextlib
import hashlib
import inspect
import json
import math
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
CACHE = Path(__file__).resolve().parent / ".cache"
HISTORY_FILE = "history.sqlite3"
CHILD_TIMEOUT_S = 600.0


@dataclass(frozen=True, slots=True)
class Plan:
    """How thoroughly to measure.

    Attributes:
        rounds: How often each pair is measured; medians are reported.
        is_quick: Whether streams and histories are small; the figures then mean little.
    """

    rounds: int = 5
    is_quick: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """One line of the table.

    Attributes:
        name: Of the benchmark.
        what: What was measured.
        unit: Of `value` and `baseline`.
        value: The application's figure, or None where it could not be measured.
        baseline: The figure it is held against, or None where the budget is absolute.
        budget: Of the ratio, or of the value where there is no baseline; None for information.
        is_floor: Whether the budget is the least that is wanted, not the most.
        note: What else should be known, or why nothing was measured.
    """

    name: str
    what: str
    unit: str
    value: float | None
    baseline: float | None = None
    budget: float | None = None
    is_floor: bool = False
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """The value in units of its baseline."""
        return self.value / self.baseline if self.value is not None and self.baseline else None

    @property
    def is_within(self) -> bool | None:
        """Whether the budget is kept; None where there is nothing to judge."""
        judged = self.value if self.baseline is None else self.ratio
        if judged is None or self.budget is None:
            return None
        return judged >= self.budget if self.is_floor else judged <= self.budget

    def payload(self) -> dict[str, Any]:
        """The line for JSON."""
        return asdict(self) | {"ratio": self.ratio, "ok": self.is_within}


def median(values: Sequence[float]) -> float:
    """The middle one."""
    return statistics.median(values)


def percentile(values: Sequence[float], share: float) -> float:
    """The value that a share of all values does not exceed (nearest rank)."""
    return sorted(values)[max(math.ceil(share * len(values)) - 1, 0)]


def table(results: Sequence[Result]) -> str:
    """The results as text."""
    head = ("", "what", "value", "baseline", "ratio", "budget", "ok")
    lines = [head, *(_cells(result) for result in results)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    rows = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]
    notes = [f"{each.name} {each.what}: {each.note}" for each in results if each.note]
    return "\n".join([rows[0], "-" * len(max(rows, key=len)), *rows[1:], *notes])


def _cells(result: Result) -> tuple[str, ...]:
    sign = ">=" if result.is_floor else "<="
    verdict = {True: "yes", False: "NO", None: ""}[result.is_within]
    return (
        result.name,
        result.what,
        "not measured" if result.value is None else f"{result.value:,.4g} {result.unit}",
        "" if result.baseline is None else f"{result.baseline:,.4g} {result.unit}",
        "" if result.ratio is None else f"{result.ratio:.2f}",
        "" if result.budget is None else f"{sign} {result.budget:g}",
        verdict,
    )


def environment(platform: str = "offscreen") -> dict[str, str]:
    """What a child gets: no proxy and no key of the person who measures."""
    dropped = {"AIML_API_KEY", "WAYLAND_DISPLAY", "PYTHONDONTWRITEBYTECODE"}
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in dropped and not name.lower().endswith("_proxy")
    }
    return kept | {"QT_QPA_PLATFORM": platform}


def start(
    *arguments: str | Path, platform: str = "offscreen", **more: str
) -> subprocess.Popen[str]:
    """A child: ``python -m`` with these arguments, its output in a pipe."""
    return subprocess.Popen(
        [sys.executable, "-m", *map(str, arguments)],
        cwd=ROOT,
        env=environment(platform) | more,
        stdout=subprocess.PIPE,
        text=True,
    )


def answer(*arguments: str | Path) -> dict[str, Any]:
    """The last line that a child printed, which is JSON.

    Raises:
        RuntimeError: It failed.
    """
    child = start(*arguments)
    try:
        output, _ = child.communicate(timeout=CHILD_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        child.kill()
        raise
    lines = output.splitlines()
    if child.returncode or not lines:
        raise RuntimeError(f"{' '.join(map(str, arguments))} ended with {child.returncode}")
    found: dict[str, Any] = json.loads(lines[-1])
    return found


def end(child: subprocess.Popen[str]) -> None:
    """Ends a child, if it must be by force."""
    child.send_signal(signal.SIGTERM)
    try:
        child.wait(10)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    if child.stdout is not None:
        child.stdout.close()


@contextlib.contextmanager
def provider() -> Iterator[str]:
    """The address of a provider in a process of its own."""
    child = start("tests.benchmarks.provider")
    try:
        line = child.stdout.readline() if child.stdout else ""
        yield line.split()[1]
    finally:
        end(child)


def driven(scenario: str, folder: Path, url: str, **arguments: object) -> dict[str, Any]:
    """What a scenario measured in the real application, run in a process of its own."""
    return answer("tests.benchmarks.driven", scenario, folder, url, json.dumps(arguments))


@contextlib.contextmanager
def empty_folder() -> Iterator[Path]:
    """A data folder with nothing in it."""
    with tempfile.TemporaryDirectory(prefix="sounding-bench-") as folder:
        yield Path(folder, "data")


@contextlib.contextmanager
def filled_folder(conversations: int, messages: int, long: int = 0) -> Iterator[Path]:
    """A data folder with a generated history; see ``store.build_store`` for the numbers."""
    made = _cached_store(conversations, messages, long)
    with empty_folder() as folder:
        folder.mkdir(mode=0o700)
        shutil.copyfile(made, folder / HISTORY_FILE)
        yield folder


def _cached_store(conversations: int, messages: int, long: int) -> Path:
    """A history that is built once for each schema."""
    from desktop.storage import migrations
    from tests.benchmarks import store

    sources = "".join(inspect.getsource(module) for module in (migrations, store))
    version = hashlib.sha256(sources.encode()).hexdigest()[:12]
    folder = CACHE / f"{conversations}-{messages}-{long}-{version}"
    made = folder / HISTORY_FILE
    if not made.exists():
        print(f"building a history of {conversations:,} conversations (this once)", flush=True)
        folder.mkdir(parents=True, exist_ok=True)
        (CACHE / ".gitignore").write_text("*\n", "ascii")
        with tempfile.TemporaryDirectory(dir=folder) as building:
            store.build_store(Path(building, HISTORY_FILE), conversations, messages, long)
            Path(building, HISTORY_FILE).replace(made)
    return made


def resident_mb(pid: int | str = "self") -> float | None:
    """Resident memory of a process; None where the system does not say."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    except OSError:
        return None
    found = next((line for line in lines if line.startswith("VmRSS:")), "")
    return int(found.split()[1]) / 1024 if found else None
