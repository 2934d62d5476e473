"""Searching the rows of a timeline, also those that are not in memory."""

from typing import Any

from desktop.bridge.timeline import SEARCHED_AT_ONCE
from tests.bridge.test_timeline import Run, Stage
from tests.waiting import until


async def answers(stage: Stage) -> list[tuple[str, Any]]:
    heard: list[tuple[str, Any]] = []
    stage.timeline.found.connect(lambda query, hits: heard.append((query, hits)))
    return heard


def test_rows_are_found_wherever_they_are(run: Run) -> None:
    async def story() -> None:
        stage = Stage()
        heard = await answers(stage)
        await stage.filled(SEARCHED_AT_ONCE * 2 + 50, faults=(5, 9))
        stage.timeline.search("17")
        await until(lambda: heard)
        (query, hits), depths = heard[0], [17, 117, *range(170, 180), 217]
        assert query == "17"
        assert hits == [(depth + 2, 1) for depth in depths]

    run(story())


def test_only_the_last_search_is_answered(run: Run) -> None:
    async def story() -> None:
        stage = Stage()
        heard = await answers(stage)
        await stage.filled(SEARCHED_AT_ONCE * 2)
        stage.timeline.search("1")
        stage.timeline.search("3")
        stage.timeline.search("30")
        await until(lambda: heard)
        await stage.scope.cancel_all()
        assert [query for query, _ in heard] == ["30"]

    run(story())


def test_a_search_that_another_branch_comes_between_is_not_answered(run: Run) -> None:
    async def story() -> None:
        stage = Stage()
        heard = await answers(stage)
        session = await stage.filled(SEARCHED_AT_ONCE * 2)
        stage.timeline.search("1")
        await stage.timeline.show(session)
        await until(lambda: not len(stage.scope))
        assert heard == []

    run(story())


def test_without_a_conversation_nothing_is_found_at_once(run: Run) -> None:
    async def story() -> None:
        stage = Stage()
        heard = await answers(stage)
        stage.timeline.search("x")
        assert heard == [("x", [])]

    run(story())
