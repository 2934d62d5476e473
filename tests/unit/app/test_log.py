"""No secret reaches a log line, and no log line can pose as another."""

import base64
import json
import logging
import os
import stat
import subprocess
import sys
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop import log

CANARY = 'canary-7f/3+a "b"\\9'
HEX = "0123456789abcdef0123456789abcdef"
ENCODED = [
    CANARY,
    CANARY.upper(),
    urllib.parse.quote(CANARY, safe=""),
    urllib.parse.quote(CANARY, safe="").lower(),
    urllib.parse.quote_plus(CANARY),
    json.dumps(CANARY)[1:-1],
    repr(CANARY)[1:-1],
    base64.b64encode(CANARY.encode()).decode(),
    base64.urlsafe_b64encode(CANARY.encode()).decode(),
]


@pytest.fixture
def canary() -> Iterator[str]:
    log.register_secret(CANARY)
    yield CANARY
    log.forget_secret(CANARY)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    root = logging.getLogger()
    level = root.level
    libraries = {name: logging.getLogger(name).level for name in ("httpx", "httpcore")}
    yield tmp_path
    log.shutdown()
    root.setLevel(level)
    for name, before in libraries.items():
        logging.getLogger(name).setLevel(before)


def fail(text: str) -> None:
    raise ValueError(text) from KeyError(text)


def written(folder: Path) -> str:
    return "".join(path.read_text("utf-8") for path in sorted(folder.glob("sounding.log*")))


@pytest.mark.parametrize("form", ENCODED)
@pytest.mark.usefixtures("canary")
def test_a_registered_secret_is_found_in_each_encoding(form: str) -> None:
    assert log.scrub(f"<{form}>").startswith("<[hidden]")
    assert form not in log.scrub(f"before {form} after {form}")


@pytest.mark.parametrize("before", ["", "u", "me", "me:", "Bearer ", "x" * 50])
def test_a_secret_inside_other_base64_is_found_at_each_place(canary: str, before: str) -> None:
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        mixed = encode(f"{before}{canary} and more".encode()).decode()
        hidden = log.scrub(mixed)
        assert "[hidden]" in hidden
        left = hidden.partition("[hidden]")
        recovered = base64.b64decode(left[0] + "=" * (-len(left[0]) % 4), altchars=b"-_")
        assert canary[:2].encode() not in recovered


def test_a_forgotten_secret_is_no_longer_searched_for(canary: str) -> None:
    log.forget_secret(canary)
    assert log.scrub(canary) == canary
    log.forget_secret(canary)


def test_a_very_short_secret_does_not_eat_the_log() -> None:
    log.register_secret("a")
    log.register_secret("")
    assert log.scrub("a banana") == "a banana"


@pytest.mark.parametrize(
    "text",
    [
        f"Authorization: Bearer {HEX}",
        f"authorization: {HEX}",
        f"{{'Authorization': 'Bearer {HEX}'}}",
        f'{{"authorization": "{HEX}"}}',
        f'{{\\"authorization\\": \\"{HEX}\\"}}',
        f"(b'Authorization', b'Bearer {HEX}')",
        f"(b'Authorization', b'{HEX}')",
        f"Illegal header value b'Bearer {HEX} '",
        f"X-Api-Key={HEX}",
        f"AIML_API_KEY={HEX}",
        f'{{"api_key": "{HEX}"}}',
        f"apiKey: {HEX}",
        f"bearer%20{HEX}",
        f"Basic {base64.b64encode(HEX.encode()).decode()}",
        f"sk-{HEX}",
        f"using sk-proj-{HEX}.",
        f"http://me:{HEX}@proxy.example:3128",
        f"socks5://:{HEX}@proxy.example",
    ],
)
def test_what_looks_like_a_key_is_hidden_though_nobody_registered_it(text: str) -> None:
    hidden = log.scrub(text)
    assert HEX not in hidden
    assert base64.b64encode(HEX.encode()).decode() not in hidden
    assert "[hidden]" in hidden


@pytest.mark.parametrize(
    "text",
    [
        "the request took 0.25 s",
        "x-inference-id: 0123456789abcdef0123456789abcdef",
        "basic parameters",
        "task-manager and risk-averse-people",
        "https://api.aimlapi.com/v1/models",
        "http://127.0.0.1:8080/a@b",
    ],
)
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert log.scrub(text) == text


@given(st.text(), st.text())
def test_whatever_surrounds_a_secret_it_is_hidden(before: str, after: str) -> None:
    log.register_secret(HEX)
    try:
        assert HEX not in log.scrub(before + HEX + after)
    finally:
        log.forget_secret(HEX)


def test_message_arguments_exception_and_stack_are_scrubbed_in_any_handler(
    folder: Path, canary: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = log.setup(folder, logging.DEBUG)
    caplog.set_level(logging.DEBUG)
    logger = logging.getLogger("test.deep")
    logger.info("plain %s", canary)
    logger.info("mapping %(key)r", {"key": canary})
    logger.info(f"text {canary}")  # noqa: G004
    logger.info(f"{canary} too few %s %s", canary)  # noqa: G004
    logger.info({"object": canary})
    logger.debug("stack", stack_info=True)
    try:
        fail(canary)
    except ValueError:
        logger.info("failed", exc_info=True)
    assert path == folder / "sounding.log"
    text = written(folder)
    assert text.count("[hidden]") == 7
    assert "ValueError" in text
    for form in ENCODED:
        assert form not in text
        assert form not in caplog.text
    assert all(canary not in record.getMessage() for record in caplog.records)


def test_an_object_that_cannot_be_shown_costs_only_its_record(
    folder: Path, canary: str, capfd: pytest.CaptureFixture[str]
) -> None:
    script = (
        "import logging, sys; from pathlib import Path; from desktop import log\n"
        "class Hostile:\n"
        "    def __repr__(self): raise RuntimeError('no')\n"
        "log.setup(Path(sys.argv[1]), logging.DEBUG)\n"
        "log.register_secret(sys.argv[2])\n"
        "logging.error('%s %s', Hostile(), sys.argv[2])\n"
        "logging.error('after')\n"
    )
    command = [sys.executable, "-B", "-c", script, str(folder), canary]
    subprocess.run(command, check=True, timeout=60)
    assert "after" in written(folder)
    assert canary not in capfd.readouterr().err


def test_a_message_is_one_line_and_a_traceback_cannot_pose_as_one(folder: Path) -> None:
    log.setup(folder, logging.INFO)
    forged = "x\r\n2026-01-01 00:00:00,000 CRITICAL root forged\x1b]52;\u2028\u202e\ud83d\x00"
    logging.getLogger("test").info("%s", forged)
    try:
        fail(forged)
    except ValueError:
        logging.getLogger("test").info("failed", exc_info=True)
    lines = written(folder).splitlines()
    assert len(lines) > 3
    assert not any(line.startswith("2026-01-01 00:00:00,000") for line in lines)
    assert "x\\r\\n2026" in lines[0]
    assert r"\x1b]52;\u2028\u202e\ud83d\x00" in lines[0]
    assert all(line.startswith("  | ") for line in lines[2:])


def test_libraries_that_print_urls_and_headers_are_held_back(folder: Path) -> None:
    log.setup(folder, "DEBUG")
    for name in ("httpx", "httpcore.http11", "keyring.backend", "qasync._QEventLoop"):
        logging.getLogger(name).debug("GET /?secret=1")
        logging.getLogger(name).info("GET /?secret=1")
    logging.getLogger("desktop.api").debug("own")
    assert "secret" not in written(folder)
    assert "own" in written(folder)


def test_the_log_is_private_and_stays_small(folder: Path) -> None:
    before = os.umask(0)
    try:
        log.setup(folder, logging.INFO)
        for _ in range(60):
            logging.getLogger("test").info("x" * 100_000)
    finally:
        os.umask(before)
    files = sorted(folder.iterdir())
    assert [file.name for file in files] == ["sounding.log"] + [
        f"sounding.log.{n}" for n in (1, 2, 3)
    ]
    assert sum(file.stat().st_size for file in files) <= 4 * log.MAX_FILE_BYTES
    if os.name == "posix":
        assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


@pytest.mark.allowed_logs("No log file")
def test_a_place_that_cannot_be_written_means_no_log_and_no_crash(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = folder / "file"
    file.touch()
    for place in (file, folder / "missing", None):
        assert log.setup(place, logging.INFO) is None
        logging.getLogger("test").info("goes nowhere")
    assert "goes nowhere" not in capfd.readouterr().err
    assert list(folder.iterdir()) == [file]


@pytest.mark.allowed_logs("of interest")
def test_warnings_go_to_standard_error_scrubbed(
    folder: Path, canary: str, capsys: pytest.CaptureFixture[str]
) -> None:
    log.setup(folder, logging.INFO)
    logging.getLogger("test").warning("of interest: %s", canary)
    logging.getLogger("test").info("quiet")
    shown = capsys.readouterr().err
    assert "of interest: [hidden]" in shown
    assert "quiet" not in shown


def test_setting_up_twice_writes_each_record_once(folder: Path) -> None:
    log.setup(folder, logging.INFO)
    log.setup(folder, logging.INFO)
    logging.getLogger("test").info("once")
    assert written(folder).count("once") == 1


def test_a_native_crash_is_offered_at_the_next_start_without_secrets(
    tmp_path: Path, canary: str
) -> None:
    crash = tmp_path / "crash.log"
    script = (
        "import faulthandler, sys; from pathlib import Path; from desktop import log\n"
        "assert log.enable_crash_log(Path(sys.argv[1])) == ''\n"
        "faulthandler._sigsegv()\n"
    )
    command = [sys.executable, "-B", "-c", script, str(crash)]
    assert subprocess.run(command, check=False, timeout=60, capture_output=True).returncode != 0
    with crash.open("a") as file:
        file.write(canary)
    if os.name == "posix":
        assert stat.S_IMODE(crash.stat().st_mode) == 0o600
    script = (
        "import sys; from pathlib import Path; from desktop import log\n"
        "log.register_secret(sys.argv[2])\n"
        "print(log.enable_crash_log(Path(sys.argv[1])))\n"
        "assert Path(sys.argv[1]).read_text() == ''\n"
        "assert log.enable_crash_log(Path(sys.argv[1], 'x')) == ''\n"
    )
    command = [sys.executable, "-B", "-c", script, str(crash), canary]
    out = subprocess.run(command, check=True, timeout=60, capture_output=True, text=True).stdout
    assert "Segmentation fault" in out or "access violation" in out
    assert "[hidden]" in out
    assert canary not in out
