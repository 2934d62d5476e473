import random

import pytest

from desktop.domain.messages import Choice, Growth, ReasoningPart, Status, TextPart
from desktop.ui.transcript.view import TranscriptView
from tests.ui.transcript import samples
from tests.ui.transcript.conftest import Show
from tests.ui.transcript.fake_timeline import assistant, exchange, running, user

HARD = samples.RICH + samples.ANSWER + "\n- a\n\n- b\n\n[late]\n\n[late]: https://example.com\n"


def lines(view: TranscriptView, row: int) -> list[tuple[str, str, float, float]]:
    entry = view.stage.flow.entry(row)
    entry.complete()
    for index in range(len(entry.elements)):
        view.stage.flow.extent(row, index)
    return [(type(e).__name__, e.text, e.gap, e.height) for e in entry.elements]


@pytest.mark.parametrize("seed", range(6))
def test_a_streamed_reply_looks_like_a_reopened_one(show: Show, seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311
    view, timeline = show([user("Go"), running("")])
    text = HARD
    while text:
        size = rng.randint(1, 60)
        timeline.append_text(1, text[:size])
        text = text[size:]
    timeline.change(1, status=Status.COMPLETE, exchange=exchange())
    reopened, _ = show([user("Go"), assistant(HARD)])
    assert lines(view, 1) == lines(reopened, 1)
    assert view.stage.flow.entry(1).name == reopened.stage.flow.entry(1).name


def test_a_new_snapshot_goes_on_with_what_was_parsed(show: Show) -> None:
    view, timeline = show([user("Go"), running("")])
    timeline.append_text(1, "one\n\ntwo\n\nthree")
    first = view.stage.flow.entry(1).elements[0]
    parts = (TextPart("one\n\ntwo\n\nthree and more"), TextPart("second part"))
    timeline.grow(1, Growth(choices=(Choice(parts),)))
    entry = view.stage.flow.entry(1)
    assert entry.elements[0] is first
    assert entry.name == "Assistant: one\ntwo\nthree and more\nsecond part"


def test_reasoning_is_open_while_it_streams_and_folds_when_it_is_done(show: Show) -> None:
    view, timeline = show([user("Go"), running(ReasoningPart("Let me"))])
    timeline.append_text(1, " think")
    assert view.stage.flow.entry(1).name == "Assistant: Thinking\u2026\nLet me think"
    parts = (ReasoningPart("Let me think", duration_s=2.1), TextPart("Done"))
    timeline.grow(1, Growth(choices=(Choice(parts),)))
    timeline.append_text(1, ".", part=1)
    assert view.stage.flow.entry(1).name == "Assistant: Thought for 2.1 s\nDone."
    timeline.change(1, status=Status.COMPLETE, exchange=exchange())
    ref = view.stage.actions_of(1)[0]
    view.commands.activate(ref)
    assert view.stage.flow.entry(1).name == "Assistant: Thought for 2.1 s\nLet me think\nDone."


def test_the_end_is_followed_only_by_a_reader_at_the_end(show: Show) -> None:
    view, timeline = show([user("Go"), running("")])
    for _ in range(60):
        timeline.append_text(1, "A paragraph of some words.\n\n")
    assert view.is_at_tail
    view.scroll_by(-400.0)
    assert not view.is_at_tail
    before = [(p.slot, p.y) for p in view.stage.placed]
    for _ in range(60):
        timeline.append_text(1, "A paragraph of some words.\n\n")
    assert [(p.slot, p.y) for p in view.stage.placed] == before
    view.jump_to_latest()
    assert view.is_at_tail
    assert view.stage.placed[-1].slot.element == len(view.stage.flow.entry(1).elements) - 1


def test_jump_to_latest_shows_itself_only_away_from_the_end(show: Show) -> None:
    view, _ = show([row for n in range(40) for row in (user("Hi", 2 * n), assistant("Ho"))])
    button = view.parent().latest
    assert not button.isVisible()
    view.scroll_by(-500.0)
    assert button.isVisible()
    assert button.text() == "Jump to latest"
    button.click()
    assert not button.isVisible()
    assert view.is_at_tail


def test_a_waiting_reply_says_so_and_counts(show: Show) -> None:
    view, _ = show([user("Go"), running()])
    entry = view.stage.flow.entry(1)
    started = entry._started_s
    assert entry.description == ""
    entry.tick(started + 0.2)
    assert entry.description == ""
    entry.tick(started + 3.4)
    assert entry.description == "Waiting for the reply\u2026 3 s"
    assert view._waiting.isActive()


def test_a_silent_reply_says_so(show: Show) -> None:
    view, timeline = show([user("Go"), running("")])
    timeline.append_text(1, "Some")
    entry = view.stage.flow.entry(1)
    entry.tick(entry._grown_s + 4.0)
    assert entry.description == ""
    entry.tick(entry._grown_s + 6.2)
    assert entry.description == "No content for 6 s"
    timeline.change(1, status=Status.COMPLETE, exchange=exchange())
    assert not view._waiting.isActive()
    assert "312 tokens" in view.stage.flow.entry(1).description
