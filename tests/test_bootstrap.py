"""packaging/bootstrap.py, on a small project of its own in a temporary folder."""

import ast
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tomllib
import venv
from pathlib import Path
from types import ModuleType

import pytest
from packaging.requirements import Requirement

from tests.conftest import LINUX_ONLY

ROOT = Path(__file__).parent.parent
SCRIPT = ROOT / "packaging" / "bootstrap.py"
APP = "import sys\nprint(sys.argv[1:], sys.flags.safe_path)\n"

linux_only = pytest.mark.skipif(sys.platform != "linux", reason=LINUX_ONLY)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose app prints its arguments."""
    (tmp_path / "packaging").mkdir()
    (tmp_path / "desktop").mkdir()
    shutil.copy(SCRIPT, tmp_path / "packaging")
    for name in ("requirements.txt", "requirements-test.txt"):
        (tmp_path / "packaging" / name).write_text("")
    (tmp_path / "desktop" / "__main__.py").write_text(APP)
    return tmp_path


@pytest.fixture
def bootstrap(project: Path) -> ModuleType:
    """The script as a module, at work on the small project."""
    spec = importlib.util.spec_from_file_location("bootstrap", project / "packaging/bootstrap.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def installed(bootstrap: ModuleType) -> ModuleType:
    """The same after a first start."""
    venv.create(bootstrap.VENV)
    bootstrap.put_on_path()
    for half in ("packages", "system"):
        bootstrap.write_stamp("run", half)
    return bootstrap


def run_script(project: Path, *arguments: str, **environment: str) -> tuple[int, str]:
    """The exit code of the script and all it printed."""
    hidden = {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"}
    inherited = {name: value for name, value in os.environ.items() if name not in hidden}
    result = subprocess.run(
        [sys.executable, str(project / "packaging" / "bootstrap.py"), *arguments],
        cwd=project.parent,
        env=inherited | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=60,
    )
    return result.returncode, result.stdout.strip()


def test_an_old_python_can_read_the_script() -> None:
    ast.parse(SCRIPT.read_text(), feature_version=(3, 8))


def test_an_old_python_is_told_what_is_needed(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 8, 19))
    assert bootstrap.main(["run"]) == 1
    assert "needs Python 3.11 or later; this is Python 3.8.19" in capsys.readouterr().out


def test_help_names_the_commands(project: Path) -> None:
    code, output = run_script(project, "--help")
    assert code == 0
    assert all(f"bootstrap.py {name}" in output for name in ("run", "test", "bench", "lock"))


@pytest.mark.parametrize("arguments", [[], ["start"]])
def test_an_unknown_command_is_an_error(project: Path, arguments: list[str]) -> None:
    code, output = run_script(project, *arguments)
    assert code == 2
    assert "bootstrap.py run" in output


@linux_only
def test_without_a_display_it_says_how_to_get_one(project: Path) -> None:
    code, output = run_script(project, "run", "--demo")
    assert code == 1
    assert "no display" in output
    assert "xvfb-run" in output
    assert not (project / ".venv").exists()


@pytest.mark.parametrize("argument", ["--version", "--help", "--selftest"])
def test_a_second_start_only_starts_the_app(
    project: Path, installed: ModuleType, argument: str
) -> None:
    assert run_script(project, "run", argument, "a b") == (0, f"{[argument, 'a b']} True")


@pytest.mark.parametrize("name", ["DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"])
def test_with_a_display_the_app_starts(project: Path, installed: ModuleType, name: str) -> None:
    assert run_script(project, "run", **{name: "x"}) == (0, "[] True")


def test_a_changed_lock_file_is_installed_again(project: Path, installed: ModuleType) -> None:
    assert installed.stamped("run", "packages")
    (project / "packaging" / "requirements.txt").write_text("# changed\n")
    assert not installed.stamped("run", "packages")
    assert installed.stamped("run", "system")


def test_another_python_in_the_venv_is_installed_again(
    project: Path, installed: ModuleType
) -> None:
    settings = project / ".venv" / "pyvenv.cfg"
    settings.write_text(settings.read_text().replace("version = 3", "version = 4"))
    assert not installed.stamped("run", "packages")


def test_the_test_command_needs_its_own_packages(installed: ModuleType) -> None:
    assert not installed.stamped("test", "packages")


@pytest.fixture
def apt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A log of what is asked of an apt that knows no package with t64 in its name."""
    log = tmp_path / "apt.log"
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("apt-get", "apt-cache"):
        program = folder / name
        program.write_text(
            f'#!/bin/sh\necho "{name} $*" >> {log}\ncase "$*" in *t64*) exit 1;; esac\n'
        )
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
    return log


@linux_only
def test_root_installs_what_is_missing(
    bootstrap: ModuleType, apt: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setenv("DEBIAN_FRONTEND", "readline")
    assert bootstrap.install_apt(["libgl1", "libglib2.0-0t64|libglib2.0-0", "libgl1"])
    asked = apt.read_text().splitlines()
    assert asked[0] == "apt-get update -qq"
    assert asked[-1].endswith(" --no-install-recommends libgl1 libglib2.0-0")


@linux_only
def test_others_get_the_line_to_run(
    bootstrap: ModuleType,
    apt: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert not bootstrap.install_apt(["libgl1", "libegl1"])
    assert "    sudo apt-get install libegl1 libgl1\n" in capsys.readouterr().out
    assert not apt.exists()


@linux_only
def test_missing_libraries_are_named_by_their_package(bootstrap: ModuleType) -> None:
    table = {"libc.so.6": "libc6", "libnowhere.so.9": "libnowhere9"}
    assert bootstrap.missing_libraries(table) == ["libnowhere9"]


def locked(name: str) -> dict[str, str]:
    """The version of each package that a lock file names."""
    text = (ROOT / "packaging" / name).read_text()
    return dict(re.findall(r"^([a-z0-9.-]+)==([^ ]+)", text, re.MULTILINE))


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-test.txt"])
def test_every_locked_package_has_hashes_and_no_address(name: str) -> None:
    entries = re.split(r"\n(?=\S)", (ROOT / "packaging" / name).read_text().strip())
    packages = [entry for entry in entries if not entry.startswith("#")]
    assert len(packages) > 30
    assert all("--hash=sha256:" in entry and "://" not in entry for entry in packages)


def test_the_lock_files_agree_with_the_ranges() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    runtime, everything = locked("requirements.txt"), locked("requirements-test.txt")
    for text in [*project["dependencies"], *project["optional-dependencies"]["test"]]:
        wanted = Requirement(text)
        assert everything[wanted.name.lower()] in wanted.specifier
    assert runtime.items() <= everything.items()
