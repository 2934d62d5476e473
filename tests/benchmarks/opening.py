"""B6: a long conversation opens as fast as a short one."""

from tests.benchmarks import harness
from tests.benchmarks.harness import Plan, Result, median

CONVERSATIONS, MESSAGES, LONG = 1_000, 10_000, 100_000


def measure(plan: Plan) -> list[Result]:
    """B6."""
    long = 1_000 if plan.is_quick else LONG
    with harness.provider() as url, harness.filled_folder(CONVERSATIONS, MESSAGES, long) as folder:
        found = harness.driven(
            "opening", folder, url, conversations=[CONVERSATIONS, CONVERSATIONS + 1],
            rounds=3 * plan.rounds,
        )  # fmt: skip
    short_s, long_s = (median(found[str(CONVERSATIONS + n)]) for n in (0, 1))
    what = f"open a conversation of {long:,} messages / of 10, to painted"
    return [Result("B6", what, "ms", long_s * 1000, short_s * 1000, 2.0)]
