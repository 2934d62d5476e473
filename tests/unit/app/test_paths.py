"""Folders and files are private whatever the umask is, and unusable ones are named."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.paths import (
    AppPaths,
    PathError,
    app_paths,
    ensure_private,
    ensure_private_file,
    resource,
)

posix_only = pytest.mark.skipif(os.name != "posix", reason="modes are a POSIX matter")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def test_a_given_data_folder_holds_everything(tmp_path: Path) -> None:
    root = tmp_path / "mine"
    paths = app_paths(root)
    assert paths == AppPaths(root, root, root / "cache", root / "logs")
    assert not root.exists()


def test_a_relative_data_folder_becomes_absolute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert app_paths(Path("here")).data_dir == tmp_path / "here"
    monkeypatch.setenv("HOME", str(tmp_path))
    assert app_paths(Path("~/there")).data_dir == tmp_path / "there"


def test_the_platforms_folders_carry_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DATA", "CONFIG", "CACHE", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name))
    paths = app_paths()
    folders = [paths.data_dir, paths.config_dir, paths.cache_dir, paths.log_dir]
    assert all("Sounding" in folder.parts for folder in folders)
    assert list(tmp_path.iterdir()) == []


@posix_only
@pytest.mark.usefixtures("open_umask")
def test_new_folders_are_private_with_all_their_new_parents(tmp_path: Path) -> None:
    made = ensure_private(tmp_path / "a" / "b" / "c")
    assert [mode(path) for path in (made, made.parent, made.parent.parent)] == [0o700] * 3


@posix_only
def test_a_looser_folder_is_repaired(tmp_path: Path) -> None:
    folder = tmp_path / "old"
    folder.mkdir()
    folder.chmod(0o755)
    assert mode(ensure_private(folder)) == 0o700


@posix_only
@pytest.mark.usefixtures("open_umask")
def test_files_are_private_and_keep_their_content(tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.write_text("kept")
    old.chmod(0o666)
    assert mode(ensure_private_file(old)) == 0o600
    assert old.read_text() == "kept"
    assert mode(ensure_private_file(tmp_path / "new")) == 0o600


def test_a_file_in_the_place_of_a_folder_is_named(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    for folder in (file, file / "below"):
        with pytest.raises(PathError) as caught:
            ensure_private(folder)
        assert str(file) in str(caught.value)
        assert str(caught.value.path) not in caught.value.reason


@posix_only
def test_a_dangling_link_in_the_place_of_a_folder_is_named(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "nowhere")
    with pytest.raises(PathError, match="link"):
        ensure_private(link)


@posix_only
def test_a_folder_that_is_not_ours_keeps_its_mode(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared, home = tmp_path / "shared", tmp_path / "home"
    shared.mkdir()
    shared.chmod(0o1777)
    home.mkdir()
    home.chmod(0o755)
    monkeypatch.setenv("HOME", str(home))
    for folder, before in ((shared, 0o1777), (home, 0o755)):
        with pytest.raises(PathError, match="Other programs use this folder"):
            ensure_private(folder)
        assert mode(folder) == before


@posix_only
def test_a_place_where_nothing_can_be_made_is_named() -> None:
    for folder in (Path("/proc/sounding/data"), Path("/proc/self/fdinfo/data")):
        with pytest.raises(PathError) as caught:
            ensure_private(folder)
        assert str(folder) in str(caught.value) or str(folder.parent) in str(caught.value)


@posix_only
def test_a_pipe_or_folder_is_not_taken_for_a_file(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (pipe, tmp_path):
        with pytest.raises(PathError, match=str(path)):
            ensure_private_file(path)


def test_resources_are_found_beside_the_package() -> None:
    found = resource("icons/sounding.svg")
    assert found.parts[-3:] == ("resources", "icons", "sounding.svg")
    assert found.is_absolute()


def test_resources_are_found_in_a_frozen_bundle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from desktop import paths

    paths._resources.cache_clear()
    monkeypatch.setattr("sys._MEIPASS", str(tmp_path), raising=False)
    assert resource("a.txt") == tmp_path / "resources" / "a.txt"
    paths._resources.cache_clear()


@pytest.mark.parametrize("name", ["", "/etc/passwd", "../x", "a/../../x", "a\\b", "C:x", "a//b"])
def test_a_resource_name_cannot_leave_the_folder(name: str) -> None:
    with pytest.raises(ValueError, match="not a resource name"):
        resource(name)
