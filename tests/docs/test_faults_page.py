"""The table of faults names tests that exist, and has a row for each scenario."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")


def test_every_scenario_has_a_row():
    numbers = [int(n) for n in re.findall(r"^\| (\d+) \|", TEXT, re.MULTILINE)]
    assert numbers == list(range(1, len(numbers) + 1)) and len(numbers) >= 57


def test_every_test_that_is_named_exists():
    named = set(re.findall(r"`((?:tests|sweeper|benchmarks)[\w/.]*)`", TEXT))
    assert named
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []
