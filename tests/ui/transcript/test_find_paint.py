import sys

import pytest
from PySide6.QtGui import QColor, QImage

from desktop.ui.theme import Roles, dark_roles, light_roles
from desktop.ui.transcript.find_look import hit_formats
from desktop.ui.transcript.view import TranscriptView
from tests.ui.transcript.conftest import Show
from tests.ui.transcript.fake_searcher import FakeSearcher
from tests.ui.transcript.fake_timeline import assistant, user

TEXTS = (
    "a whale here",
    "# A whale",
    "- item whale",
    "```\ncode whale\n```",
    "| head |\n|---|\n| cell whale |",
)


def count(view: TranscriptView, color: QColor) -> int:
    """How many pixels of the view have exactly a colour."""
    image = view.viewport().grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    return bytes(image.constBits()).count(color.rgb().to_bytes(4, sys.byteorder))


@pytest.mark.parametrize("roles", [light_roles(), dark_roles()])
@pytest.mark.parametrize("text", TEXTS)
def test_hits_are_marked_and_the_current_one_stronger(show: Show, text: str, roles: Roles) -> None:
    view, timeline = show([user("the whale", 1), assistant(text, number=2)])
    view.set_roles(roles)
    view.finder.set_searcher(FakeSearcher(timeline))
    usual, strong = (each.background().color() for each in hit_formats(roles))
    plain = count(view, usual), count(view, strong)
    view.finder.set_query("whale")
    first = count(view, usual), count(view, strong)
    assert first[0] > plain[0] + 100
    assert first[1] > plain[1] + 100
    view.finder.step(1)
    assert view.finder.current is not None
    assert view.finder.current.row == 1
    second = count(view, usual), count(view, strong)
    assert second[0] > plain[0] + 100
    assert second[1] > plain[1] + 100
    view.finder.clear()
    assert (count(view, usual), count(view, strong)) == plain
