"""`sweeper grids`."""

from sweeper.cli.start.found_files import shipped_files, summary
from tests.sweeper.support.cli_runs import ROOT, command


def test_every_file_is_listed_with_one_sentence(tmp_path):
    lines = command(tmp_path, "grids").stdout.splitlines()
    names = {path.name for place in ("grids", "examples") for path in (ROOT / place).glob("*.*")}
    assert {line.split()[0] for line in lines} == names
    assert summary(ROOT / "grids" / "figure6_2.yaml").endswith("L-VAE on CelebA.")
    assert all(20 < len(summary(path)) < 200 for path in shipped_files())


def test_files_are_copied_by_name_or_stem_and_not_replaced(tmp_path):
    done = command(tmp_path, "grids", "table7_1", "training.json", "--out", "a")
    assert done.stdout.split() == ["a/table7_1.yaml", "a/training.json"]
    original = (ROOT / "grids" / "table7_1.yaml").read_bytes()
    assert (tmp_path / "a" / "table7_1.yaml").read_bytes() == original
    assert command(tmp_path, "grids", "table7_1", "--out", "a").returncode == 2


def test_all_unknown_names_are_reported(tmp_path):
    done = command(tmp_path, "grids", "tabel7_1.yaml", "none")
    assert done.returncode == 2
    assert 'Did you mean "table7_1.yaml"?' in done.stderr and "none is unknown" in done.stderr
