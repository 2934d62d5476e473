import json
from pathlib import Path

from tests.benchmarks.__main__ import main


def test_a_benchmark_runs_and_writes_its_table(tmp_path: Path) -> None:
    target = tmp_path / "results.json"
    assert main(["--quick", "B3", "--json", str(target)]) == 0
    result, *references = json.loads(target.read_text("utf-8"))["results"]
    assert {reference["name"] for reference in references} == {"B3"}
    assert result["name"] == "B3"
    assert result["value"] > 0
    assert result["baseline"] > 0
