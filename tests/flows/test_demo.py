"""Trying the demo and leaving it again; and the key, which no file may hold."""

import tempfile
from pathlib import Path

import pytest
from PySide6.QtWidgets import QLabel, QPushButton

from desktop.domain.keys import KeyringState, KeySource, KeyStatus
from tests.conftest import Run
from tests.flows.app import CANARY, App, until
from tests.flows.conftest import STORY_LIMIT_S, Tell
from tests.flows.replies import SHOWN, answer
from tests.flows.test_chat import CC
from tests.server import FaultServer


@pytest.fixture(autouse=True)
def temporary_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A place for temporary folders that no other process uses."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))


def demo_folders() -> set[Path]:
    """The demos' temporary data folders that are there now."""
    return set(Path(tempfile.gettempdir()).glob("sounding-demo-*"))


def test_demo_from_the_welcome_page_and_back(tell: Tell, server: FaultServer) -> None:
    async def story(app: App) -> None:
        server.reply_sse(answer(CC))
        await app.ask("A real question")
        before = demo_folders()
        app.key = ""
        await app.restart()
        assert app.names() == ["You: A real question", SHOWN]
        app.menu("demo")
        await until(lambda: app.is_in_demo)
        await until(lambda: app.titles() == [])
        await until(lambda: app.names() == [])
        assert "(demo)" in app.window.windowTitle() or "demo" in app.window.windowTitle().lower()
        assert "demo" in status_text(app).lower()
        assert app.send_button.isEnabled()
        last = await app.ask("markdown")
        assert last.startswith("Assistant: This is a canned demo reply")
        assert app.titles() == ["markdown"]
        assert len(demo_folders() - before) == 1
        app.menu("leave_demo")
        await until(lambda: app.is_at_home)
        await until(lambda: app.titles() == ["A real question"])
        assert demo_folders() == before
        assert not app.send_button.isEnabled()
        assert app.window.windowTitle().endswith("Sounding")
        assert len(server.posts()) == 1

    tell(story)


def test_nothing_of_the_demo_stays_when_it_is_left(tell: Tell, server: FaultServer) -> None:
    async def story(app: App) -> None:
        app.key = ""
        await app.restart()
        app.menu("demo")
        app.window.demo_requested.emit(True)
        await until(lambda: app.is_in_demo)
        await app.ask("markdown")
        assert app.titles() == ["markdown"]
        await until(lambda: "Balance" in status_text(app))
        app.window.chat.notices.show_notice("Of the demo", "Try again", sticky=True)
        app.menu("leave_demo")
        await until(lambda: app.is_at_home)
        await until(lambda: app.titles() == [])
        assert app.window.windowTitle() == "Sounding"
        labels = app.window.chat.top_bar.findChildren(QLabel)
        assert "markdown" not in [label.text() for label in labels]
        assert "$" not in status_text(app)
        assert app.window.chat.notices.isHidden()

    tell(story)


def test_a_late_answer_of_the_keyring_says_nothing_about_the_demo(
    tell: Tell, server: FaultServer
) -> None:
    async def story(app: App) -> None:
        assert app._lifetime is not None
        home = app._lifetime._open
        origin = app.workspace.account.origin
        app.menu("demo")
        await until(lambda: app.is_in_demo)
        await until(app.send_button.isEnabled)
        home._on_key_changed(origin, KeyStatus(KeySource.KEYRING, KeyringState.READY, "Late"))
        assert "Late" not in status_text(app)
        app.menu("leave_demo")
        await until(lambda: app.is_at_home)

    tell(story)


def test_an_unusable_address_is_told_with_the_one_in_use(
    executor: None, run: Run, tmp_path: Path
) -> None:
    app = App(tmp_path / "data", "nonsense", key="")

    async def story() -> None:
        await app.start()
        notice = app.window.chat.notices.accessibleName()
        await app.close()
        assert notice.endswith("Requests go to api.aimlapi.com instead.")

    run(story(), timeout=STORY_LIMIT_S)


def test_leaving_the_demo_while_it_streams(tell: Tell, server: FaultServer) -> None:
    async def story(app: App) -> None:
        app.menu("demo")
        await until(lambda: app.is_in_demo)
        await until(app.send_button.isEnabled)
        app.type_and_send("long and slow")
        await app.wait_for_text("Assistant: This")
        app.menu("leave_demo")
        await until(lambda: app.is_at_home)
        await until(lambda: app.titles() == [])
        await until(lambda: app.names() == [])
        assert not app.stop_button.isEnabled()

    tell(story)


def test_started_as_demo_it_needs_no_key_and_leaves_nothing(
    executor: None, run: Run, tmp_path: Path
) -> None:
    before = demo_folders()
    app = App(tmp_path / "data", is_demo=True)

    async def story() -> None:
        await app.start()
        try:
            for word in ("table", "refusal"):
                last = await app.ask(word)
                assert last.startswith("Assistant: "), (word, last)
            assert (await app.ask("error midway")).startswith("Error: ")
            assert app.names()[-2].endswith("\nInterrupted")
        finally:
            await app.close()

    run(story(), timeout=STORY_LIMIT_S)
    assert demo_folders() == before
    assert not (tmp_path / "data").exists()


def status_text(app: App) -> str:
    """All that the status line says."""
    labels = app.window.status.findChildren(QLabel)
    return " ".join(label.text() for label in labels if not label.isHidden())


@pytest.mark.allowed_logs(r".")
def test_the_key_is_in_no_file_and_no_log(
    tell: Tell, server: FaultServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def story(app: App) -> None:
        await app.ask("Say hello")
        server.reply_error(401, {"message": f"Bad key {CANARY}", "statusCode": 401})
        await app.ask("Say hello")
        server.reply_raw(b"nonsense " + CANARY.encode() + b"\r\n\r\n")
        await app.ask("Say hello")
        server.reply_sse([{"error": {"message": f"Bearer {CANARY} is wrong"}}], done=False)
        await app.ask("Say hello")
        app.workspace.account.enter_key(f" Bearer {CANARY}\n", is_tested=True, is_kept=True)
        await until(app.send_button.isEnabled)
        app.workspace.account.enter_key(CANARY[:-3] + "ü", is_tested=True, is_kept=False)
        await app.ask("Say hello")
        assert CANARY not in app.workspace.diagnostics()
        assert CANARY not in repr(app.workspace.account.status)

    tell(story)
    assert all(post.headers["authorization"] == f"Bearer {CANARY}" for post in server.posts())
    files = [path for path in (tmp_path / "data").rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"history.sqlite3", "settings.json", "sounding.log"}
    holders = [path.name for path in files if CANARY[3:].encode() in path.read_bytes()]
    assert holders == []
    assert CANARY not in caplog.text


def test_folders_are_private(tell: Tell, tmp_path: Path) -> None:
    async def story(app: App) -> None:
        await app.ask("Say hello")

    tell(story)
    for path in (tmp_path / "data").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700


def test_welcome_page_is_shown_without_a_key_and_goes_with_one(
    tell: Tell, server: FaultServer
) -> None:
    async def story(app: App) -> None:
        app.key = ""
        await app.restart()
        welcome = app.window.chat.welcome
        assert welcome is not None
        await until(welcome.isVisible)
        assert app.named(QPushButton, "Try the demo").isVisible()
        assert app.named(QPushButton, "Enter API key").isVisible()
        assert app.message_box.isVisible()
        app.workspace.account.enter_key(CANARY, is_tested=True, is_kept=False)
        await until(lambda: not welcome.isVisible())

    tell(story)
