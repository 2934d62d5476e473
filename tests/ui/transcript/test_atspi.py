"""A screen reader's view; in child processes, so that a crash fails a test and not the run."""

import json
import subprocess
import sys

import pytest

CLIENT = "tests/ui/transcript/atspi_client.py"


@pytest.mark.xvfb
def test_a_client_reads_and_presses(desktop_env: dict[str, str]) -> None:
    with subprocess.Popen(
        [sys.executable, "-X", "faulthandler", "-m", "tests.ui.transcript.spoken_transcript"],
        env=desktop_env,
        stdout=subprocess.PIPE,
        text=True,
    ) as window:
        assert window.stdout is not None
        try:
            assert window.stdout.readline() == "shown\n"
            client = subprocess.run(
                ["/usr/bin/python3", CLIENT, str(window.pid)],
                env=desktop_env,
                capture_output=True,
                text=True,
                timeout=90,
                check=False,
            )
            assert client.returncode == 0, client.stderr
            assert window.poll() is None
        finally:
            window.terminate()
        said = window.stdout.read().splitlines()
    found = json.loads(client.stdout)
    assert found["count"] == 1_001
    assert found["0"] == ["list item", "You: Question 0", 0]
    assert found["500"] == ["list item", "You: Question 500", 500]
    assert found["1000"] == ["list item", "Assistant: See https://a.example.", 1_000]
    roles = [["link", "https://a.example"], ["push button", "Regenerate"], ["push button", "Copy"]]
    assert found["children"] == roles
    assert "312 tokens" in found["description"]
    sentences = " ".join(f"Sentence {number}." for number in range(20))
    assert found["last"] == f"Assistant: {sentences}"
    assert (found["text"].strip(), found["word"]) == (sentences, "Sentence")
    assert set(said) == {"https://a.example", "streamed"}
