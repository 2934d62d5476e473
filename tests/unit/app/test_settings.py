"""Preferences survive damage, other versions and a crash in the middle of a save."""

import json
import os
import stat
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.domain.errors import StorageError
from desktop.settings import Settings, SettingsFile


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "settings.json"


def changed() -> Settings:
    return Settings(
        base_url="https://gw.example/v1",
        theme="dark",
        send_key="ctrl_enter",
        connect_timeout_s=3.5,
        read_timeout_s=60,
        zoom_percent=150,
        announce=False,
        last_conversation="c-1",
        window_x=-5,
        window_y=7,
        window_width=900,
        window_height=600,
        window_maximized=True,
        history_width=1,
        history_collapsed=True,
        sidebar_width=2,
        sidebar_collapsed=True,
    )


def test_the_first_start_has_the_defaults(path: Path) -> None:
    file = SettingsFile(path)
    assert file.load() == Settings()
    assert file.rejected == ()
    assert not path.exists()


def test_every_preference_survives_a_restart(path: Path) -> None:
    settings, defaults = changed(), Settings()
    assert all(getattr(settings, f.name) != getattr(defaults, f.name) for f in fields(Settings))
    SettingsFile(path).save(settings)
    assert SettingsFile(path).load() == settings


def test_the_file_is_private_and_nothing_else_is_left(path: Path) -> None:
    before = os.umask(0)
    try:
        SettingsFile(path).save(Settings())
        SettingsFile(path).save(changed())
    finally:
        os.umask(before)
    assert list(path.parent.iterdir()) == [path]
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_unknown_keys_survive_a_save(path: Path) -> None:
    path.write_text(json.dumps({"version": 9, "later": {"a": [1]}, "theme": "dark"}))
    file = SettingsFile(path)
    file.save(replace(file.load(), zoom_percent=120))
    stored = json.loads(path.read_text())
    assert stored["version"] == 9
    assert stored["later"] == {"a": [1]}
    assert (stored["theme"], stored["zoom_percent"]) == ("dark", 120)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("theme", "pink"),
        ("theme", None),
        ("send_key", 1),
        ("base_url", "http://api.aimlapi.com"),
        ("base_url", "https://me:pw@x.example"),
        ("base_url", ["https://x.example"]),
        ("connect_timeout_s", 0),
        ("connect_timeout_s", True),
        ("connect_timeout_s", float("nan")),
        ("read_timeout_s", 1e999),
        ("read_timeout_s", "300"),
        ("zoom_percent", 100.0),
        ("zoom_percent", 10**4000),
        ("announce", 1),
        ("last_conversation", "a\nb"),
        ("last_conversation", "x" * 5000),
        ("window_x", 10**9),
        ("window_width", 0),
        ("window_width", "900"),
        ("history_width", -1),
        ("sidebar_collapsed", "no"),
    ],
)
def test_a_bad_value_costs_only_itself_and_is_kept_in_a_copy(
    path: Path, name: str, value: object
) -> None:
    raw = json.dumps({"sidebar_width": 333, name: value})
    path.write_text(raw)
    file = SettingsFile(path)
    assert file.load() == Settings(sidebar_width=333)
    assert file.rejected == (name,)
    assert path.with_name("settings.json.bad").read_text() == raw


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b'{"theme": "da',
        b"[1]",
        b"null",
        b"\xff\xfe\x00",
        b"[" * 200_000,
        b'{"a": ' + b"9" * 5000 + b"}",
        b" " * 1_000_001,
    ],
)
def test_a_file_that_cannot_be_read_gives_the_defaults_and_a_copy(path: Path, raw: bytes) -> None:
    path.write_bytes(raw)
    file = SettingsFile(path)
    assert file.load() == Settings()
    assert file.rejected == ("",)
    assert path.with_name("settings.json.bad").read_bytes() == raw
    assert path.read_bytes() == raw


def test_a_byte_order_mark_is_no_fault(path: Path) -> None:
    path.write_bytes(b'\xef\xbb\xbf{"theme": "light"}')
    assert SettingsFile(path).load().theme == "light"


def test_a_folder_in_its_place_gives_the_defaults_and_a_clear_error_on_save(path: Path) -> None:
    path.mkdir()
    file = SettingsFile(path)
    assert file.load() == Settings()
    with pytest.raises(StorageError, match=r"settings\.json"):
        file.save(Settings())
    assert list(path.parent.iterdir()) == [path]


def test_a_missing_folder_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="could not be saved"):
        SettingsFile(tmp_path / "gone" / "settings.json").save(Settings())


@pytest.mark.skipif(sys.platform == "win32", reason="file size limits are a POSIX matter")
def test_a_full_disk_keeps_the_old_file(path: Path) -> None:
    SettingsFile(path).save(changed())
    script = (
        "import resource, signal, sys; from pathlib import Path\n"
        "from desktop.domain.errors import StorageError\n"
        "from desktop.settings import Settings, SettingsFile\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
        "try: SettingsFile(Path(sys.argv[1])).save(Settings())\n"
        "except StorageError: sys.exit(7)\n"
    )
    command = [sys.executable, "-B", "-c", script, str(path)]
    assert subprocess.run(command, check=False, timeout=60).returncode == 7
    assert SettingsFile(path).load() == changed()
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.skipif(os.name != "posix", reason="needs symbolic links")
def test_a_link_stays_a_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real.json", tmp_path / "settings.json"
    link.symlink_to(real)
    SettingsFile(link).save(changed())
    assert link.is_symlink()
    assert SettingsFile(real).load() == changed()


@given(
    st.dictionaries(
        st.sampled_from([f.name for f in fields(Settings)]),
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just([1]),
    )
)
def test_any_json_value_anywhere_gives_settings(
    tmp_path_factory: pytest.TempPathFactory, values: dict[str, object]
) -> None:
    path = tmp_path_factory.mktemp("any") / "settings.json"
    path.write_text(json.dumps(values))
    file = SettingsFile(path)
    settings = file.load()
    for name, value in values.items():
        assert name in file.rejected or getattr(settings, name) == value


def test_loading_needs_no_heavy_module() -> None:
    heavy = "asyncio msgspec httpx keyring platformdirs urllib.parse tempfile PySide6 sqlite3"
    script = (
        "import sys; from pathlib import Path; from desktop import log, paths\n"
        "from desktop.settings import SettingsFile\n"
        "SettingsFile(Path('nowhere.json')).load()\n"
        f"print(*(name for name in {heavy.split()!r} if name in sys.modules))"
    )
    command = [sys.executable, "-S", "-c", script]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    out = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60, env=env)
    assert out.stdout.strip() in ("", "urllib.parse")  # pathlib itself imports it before 3.13
