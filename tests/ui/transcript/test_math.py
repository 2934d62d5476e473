import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QRect, Qt, QTimer
from PySide6.QtGui import QColor, QImage, QPainter
from pytestqt.qtbot import QtBot

from desktop.ui.transcript import math
from desktop.ui.transcript.math import MathImages, MathKey, MathState, is_drawable, svg_of
from desktop.ui.transcript.math_worker import Worker

pytestmark = pytest.mark.filterwarnings("ignore:.*is deprecated:DeprecationWarning:zia")
"""ziamath finds its font in a way that Python 3.11 calls old; 3.13 took that back."""

RED, BLUE = QColor("#ff0000"), QColor("#0000ff")
NOT_DRAWN = [
    r"\frac{1",
    r"x^x^x",
    r"\text{中文}",
    "😀",
    "\0",
    "\ud800",
    "&lol;",
    r"\def\a{\a\a}\a",
    r"\left(" * 30,
    r"\frac{" * 18 + "x" + "}{y}" * 18,
    r"\begin{matrix}" * 15 + r"\end{matrix}" * 15,
    r"\text{<mglyph src='/etc/passwd'/>}",
    r"\color{url(#a)}x",
    r"\color{\"/><image xlink:href='/x.png'/>}x",
    r"x\hspace{99999999em}y",
    r"\hspace{-9999em}x",
    r"\rule{99999999em}{99999999em}",
    r"\begin{matrix}" + "&" * 450 + r"\end{matrix}",
]


@pytest.fixture
def images(qtbot: QtBot) -> Iterator[MathImages]:
    made = MathImages()
    yield made
    made.stop()


def key(tex: str, *, is_display: bool = False, size: int = 20, dpr: float = 1.0) -> MathKey:
    return MathKey(tex, is_display, size, dpr)


def wait_for(qtbot: QtBot, images: MathImages, *keys: MathKey) -> None:
    for each in keys:
        images.metrics(each)
    qtbot.waitUntil(
        lambda: all(images.metrics(each).state is not MathState.PENDING for each in keys),
        timeout=20_000,
    )


def painted(
    images: MathImages, what: MathKey, color: QColor, x: float = 20, baseline: float = 60
) -> QImage:
    image = QImage(round(200 * what.dpr), round(100 * what.dpr), QImage.Format.Format_ARGB32)
    image.setDevicePixelRatio(what.dpr)
    image.fill(Qt.GlobalColor.white)
    painter = QPainter(image)
    is_painted = images.paint(painter, what, x, baseline, color)
    painter.end()
    assert is_painted
    return image


def ink(image: QImage) -> QRect:
    """What is not white."""
    found = QRect()
    for y in range(image.height()):
        for x in range(image.width()):
            if image.pixelColor(x, y).lightness() < 250:
                found |= QRect(x, y, 1, 1)
    return found


def dark_pixels(image: QImage, color: QColor, area: QRect) -> int:
    return sum(
        image.pixelColor(x, y) == color
        for y in range(area.top(), area.bottom() + 1)
        for x in range(area.left(), area.right() + 1)
    )


def test_letters_are_painted_in_the_colour_asked_for(qtbot: QtBot, images: MathImages) -> None:
    what = key(r"\frac{mmm}{nnn}", size=30)
    wait_for(qtbot, images, what)
    for color in (RED, BLUE):
        image = painted(images, what, color)
        area = ink(image)
        middle = area.center().y()
        above = QRect(area.left(), area.top(), area.width(), middle - 4 - area.top())
        below = QRect(area.left(), middle + 4, area.width(), area.bottom() - middle - 4)
        assert dark_pixels(image, color, above) > 20
        assert dark_pixels(image, color, below) > 20


def test_measures_fit_what_is_painted(qtbot: QtBot, images: MathImages) -> None:
    for dpr in (1.0, 1.25, 2.0):
        what = key(r"\sum_{i=1}^{n} y_i", is_display=True, dpr=dpr)
        wait_for(qtbot, images, what)
        measured = images.metrics(what)
        area = ink(painted(images, what, RED))
        assert area.left() >= round(20 * dpr) - 2
        assert area.right() <= round((20 + measured.width) * dpr) + 2
        assert area.width() > measured.width * dpr * 0.8
        assert abs(area.top() - (60 - measured.ascent) * dpr) < 3 * dpr
        assert abs(area.bottom() - (60 + measured.descent) * dpr) < 3 * dpr


def test_letters_stand_on_the_baseline(qtbot: QtBot, images: MathImages) -> None:
    low, high = key("x"), key("x^2")
    wait_for(qtbot, images, low, high)
    assert abs(ink(painted(images, low, RED)).bottom() - 60) <= 1
    assert abs(ink(painted(images, high, RED, baseline=60.3)).bottom() - 60) <= 1
    assert images.metrics(high).ascent > images.metrics(low).ascent


def test_inline_formulas_are_lower_than_displayed_ones(qtbot: QtBot, images: MathImages) -> None:
    low, high = key(r"\sum_{i}^{n}"), key(r"\sum_{i}^{n}", is_display=True)
    wait_for(qtbot, images, low, high)
    assert images.metrics(low).ascent < images.metrics(high).ascent


def test_own_colours_are_kept_and_the_rest_follows_the_text(
    qtbot: QtBot, images: MathImages
) -> None:
    what = key(r"\textcolor{blue}{mmm} mmm", size=30)
    wait_for(qtbot, images, what)
    for color in (RED, QColor("#00ff00"), RED):
        image = painted(images, what, color)
        area = ink(image)
        assert dark_pixels(image, BLUE, area) > 20
        assert dark_pixels(image, color, area) > 20


def test_a_pending_formula_has_an_estimated_width(qtbot: QtBot, images: MathImages) -> None:
    what = key(r"\alpha + \beta_{12}")
    pending = images.metrics(what)
    assert pending.state is MathState.PENDING
    wait_for(qtbot, images, what)
    assert 0.4 < pending.width / images.metrics(what).width < 2.5


def test_asking_again_and_again_does_not_put_it_off(qtbot: QtBot, images: MathImages) -> None:
    asking = QTimer(images, interval=1)
    asking.timeout.connect(lambda: images.metrics(key("a+b")))
    with qtbot.waitSignal(images.ready, timeout=20_000):
        asking.start()
    asking.stop()


def test_what_is_done_is_told_once(qtbot: QtBot, images: MathImages) -> None:
    keys = {key(f"x_{number}") for number in range(5)}
    told: list[MathKey] = []
    images.ready.connect(told.extend)
    wait_for(qtbot, images, *keys)
    assert sorted(told) == sorted(keys)
    qtbot.waitUntil(lambda: not images._timer.isActive())
    assert not any(thread.name == "formulas" for thread in threading.enumerate())


@pytest.mark.parametrize("tex", NOT_DRAWN, ids=range(len(NOT_DRAWN)))
def test_what_cannot_be_drawn_fails(qtbot: QtBot, images: MathImages, tex: str) -> None:
    wait_for(qtbot, images, key(tex, is_display=True))
    assert images.metrics(key(tex, is_display=True)).state is MathState.FAILED


def test_too_much_is_not_even_tried(qtbot: QtBot, images: MathImages) -> None:
    for tex in ("x" * 501, "{" * 21 + "}" * 21, "", " \n"):
        assert not is_drawable(tex)
        assert images.metrics(key(tex)).state is MathState.FAILED
    assert is_drawable("{" * 20 + "}" * 20)
    assert not images._timer.isActive()


@pytest.mark.parametrize(
    "tex",
    [
        "x" * 500,
        "<" * 500,
        "1" * 500,
        "{}" * 249,
        "'" * 499,
        r"\Bigg(" * 80,
        r"\int" * 120,
        r"\hat" * 100 + "x",
        r"\sum_{i}^{n}" * 40,
        r"\frac{a}{b}" * 40,
        r"\sqrt{" * 6 + "x" + "}" * 6,
    ],
)
def test_the_slowest_formulas_are_bounded(tex: str) -> None:
    svg_of(key("x"))
    start = time.thread_time()
    svg_of(key(tex, is_display=True))
    assert time.thread_time() - start < 2


@pytest.mark.parametrize(
    "tex",
    [
        r"\int_0^\infty e^{-x^2}\,dx = \frac{\sqrt{\pi}}{2}",
        r"a < b > c \mid d",
        r"\begin{pmatrix}a&b\\c&d\end{pmatrix}",
        r"\begin{cases}1 & x>0\\ 0 & \text{else}\end{cases}",
        r"\begin{aligned}a&=b\\&=c\end{aligned}",
        r"\begin{array}{c|c}a&b\\\hline c&d\end{array}",
        r"\mathbb{R}^n \to \mathcal{L}, \lVert x\rVert_2 \le 50\%",
        r"\lim_{x\to 0}\frac{\sin x}{x}, \binom{n}{k}, \sqrt[3]{\hat x}",
        r"\underbrace{a+b}_{n} \overset{!}{=} \boxed{c} \quad \tag{1}",
        r"\lfloor\log_2 n\rfloor + 1",
        "\u03b1 + \u03b2",
    ],
)
def test_common_formulas_are_drawn(qtbot: QtBot, images: MathImages, tex: str) -> None:
    for is_display in (False, True):
        what = key(tex, is_display=is_display, size=14)
        wait_for(qtbot, images, what)
        measured = images.metrics(what)
        assert measured.state is MathState.READY
        assert measured.width > 10
        assert measured.ascent > 5


def test_pictures_take_bounded_memory_and_come_back(
    qtbot: QtBot, images: MathImages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(math, "CACHE_BYTES", 20_000)
    keys = [key(f"x_{{{number}}} + y", size=40) for number in range(12)]
    wait_for(qtbot, images, *keys)
    assert 0 < images.size_bytes <= 20_000
    before = images.metrics(keys[0])
    canvas = QImage(10, 10, QImage.Format.Format_ARGB32)
    painter = QPainter(canvas)
    with qtbot.waitSignal(images.ready, timeout=20_000):
        assert not images.paint(painter, keys[0], 0, 0, RED)
    painter.end()
    assert images.metrics(keys[0]) == before
    assert not ink(painted(images, keys[0], RED)).isNull()


def test_an_app_that_goes_leaves_nothing(qtbot: QtBot) -> None:
    images = MathImages()
    for number in range(30):
        images.metrics(key(rf"\frac{{a}}{{{number}}}"))
    threads = [thread for thread in threading.enumerate() if thread.name == "formulas"]
    assert threads
    assert all(thread.daemon for thread in threads)
    images.stop()
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()


def test_the_newest_job_comes_first_and_other_threads_get_their_turn() -> None:
    usual_s = sys.getswitchinterval()
    begun, go, seen = threading.Event(), threading.Event(), []

    def work(job: int) -> float:
        begun.set()
        go.wait(10)
        seen.append(job)
        return sys.getswitchinterval()

    worker = Worker(work)
    worker.ask(0)
    begun.wait(10)
    for job in (1, 2, 3, 1):
        worker.ask(job)
    threads = [thread for thread in threading.enumerate() if thread.name == "formulas"]
    go.set()
    for thread in threads:
        thread.join(10)
    assert len(threads) == 1
    assert seen == [0, 1, 3, 2]
    done = [worker.take() for _ in range(5)]
    assert [each and each[0] for each in done] == [0, 1, 3, 2, None]
    assert all(each[1] < 0.001 for each in done if each)
    assert sys.getswitchinterval() == usual_s


def test_nothing_heavy_is_imported_before_the_first_formula() -> None:
    code = (
        "import sys; from desktop.ui.transcript.math import MathImages\n"
        "MathImages()\n"
        "assert not {'ziamath', 'PySide6.QtSvg', 'xml.etree'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
