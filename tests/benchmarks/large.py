"""Conversations far larger than usual: how they open, and how late frames are while one reads."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import cycle, islice
from pathlib import Path

from tests.benchmarks import harness, store
from tests.benchmarks.harness import Plan, Result, percentile
from tests.floods import SOURCE

CONVERSATION = "conversation of {:,} messages"
BUDGET_MS = 50


def measure(plan: Plan) -> list[Result]:
    """Each large conversation in a process of its own."""
    share = 100 if plan.is_quick else 1
    results: list[Result] = []
    with harness.provider() as url, _folder(share) as folder:
        names = [*SHAPES, CONVERSATION.format(100_000 // share)]
        for conversation, name in enumerate(names, 1):
            steps = 20 if plan.is_quick else 200
            found = harness.driven("large", folder, url, conversation=conversation, steps=steps)
            results.append(_opened(name, found["open_s"]))
            results += [_worst(name, what, late) for what, late in found["late_ms"].items()]
            if found["after"] is not None:
                memory = Result("large", f"{name}: memory", "MB", found["after"], found["before"])
                results.append(memory)
    return results


def _opened(name: str, seconds: float) -> Result:
    return Result("large", f"{name}: opened from the store to painted", "ms", seconds * 1000)


def _worst(name: str, what: str, late_ms: list[float]) -> Result:
    note = f"p99 {percentile(late_ms, 0.99):.1f} ms"
    what = f"{name}: latest frame, {what}"
    return Result("large", what, "ms", max(late_ms), budget=BUDGET_MS, note=note)


@contextmanager
def _folder(share: int) -> Iterator[Path]:
    """A data folder with a conversation for each shape, and a long one."""
    answers = [make(share) for make in SHAPES.values()]
    texts = {2 * number: answer for number, answer in enumerate(answers, 1)}
    with harness.empty_folder() as folder:
        folder.mkdir(mode=0o700)
        path = folder / harness.HISTORY_FILE
        store.build_store(path, len(answers), 2 * len(answers), 100_000 // share, texts)
        yield folder


def _answer(share: int) -> str:
    return "".join(islice(cycle(SOURCE), 10_000_000 // share))


def _line(share: int) -> str:
    return " ".join(f"word{number}" for number in range(100_000 // share))


def _unbroken(share: int) -> str:
    return "x" * (1_000_000 // share)


def _code(share: int) -> str:
    lines = (
        f"    depth_{number} = sound({number})  # fathoms" for number in range(100_000 // share)
    )
    return "```python\n" + "\n".join(lines) + "\n```\n"


def _quotes(share: int) -> str:
    return "\n".join("> " * depth + f"level {depth}" for depth in range(1, 1_000 // share + 1))


def _table(share: int) -> str:
    columns = 200
    head = "|" + "".join(f" c{column} |" for column in range(columns)) + "\n"
    rule = "|" + "---|" * columns + "\n"
    row = "|" + "".join(f" {column * 7} |" for column in range(columns)) + "\n"
    return head + rule + row * (2_000 // share)


def _list(share: int) -> str:
    return "".join(f"- item {number} of a *long* list\n" for number in range(40_000 // share))


SHAPES: dict[str, Callable[[int], str]] = {
    "answer of 10 MB": _answer,
    "line of 1 MB": _line,
    "word of 1 MB": _unbroken,
    "code of 100,000 lines": _code,
    "1,000 nested quotes": _quotes,
    "table of 200 x 2,000": _table,
    "list of 1 MB": _list,
}
