"""Packs: a study as one file, from which its tables are made again."""

import json
import shutil
import zipfile
from pathlib import Path

import pytest

from sweeper.analysis.study import read_study
from sweeper.errors import ResultsError, UsageError
from sweeper.planning.settings import default_settings
from sweeper.sharing.pack import pack
from sweeper.sharing.unpack import unpack
from sweeper.tables import table
from sweeper.tables.render import render
from sweeper.tracking.writing import run_copy
from tests.sweeper.sharing.conftest import CELLS, merged, numbers_of_runs
from tests.sweeper.support import invented
from tests.sweeper.support import synthetic_store as synthetic

TABLE = "table7_1"


def unpacked(file, folder):
    return unpack(file, folder, default_settings(folder).tracking_uri)


def rewritten(file: Path, change) -> Path:
    """A copy of a pack in which `change` has altered {name: content}."""
    with zipfile.ZipFile(file) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    change(contents)
    out = file.with_name("changed.zip")
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return out


@pytest.fixture
def file(store_with, tmp_path):
    """A pack of 4 runs; the store holds runs of another grid too."""
    uri = store_with(grid_text="name: table7_1\n")
    other = invented.thesis_cells(models=("sigma_vae",), batch_sizes=(64,), iterations=(50_000,))
    synthetic.write_launch(uri, other, grid="other")
    out = tmp_path / "study.zip"
    found = pack(TABLE, uri, out, {})
    assert (found.runs, found.missing, found.size) == (4, 0, out.stat().st_size)
    return out


def test_the_tables_are_made_again_with_the_same_bytes(file, tmp_path):
    folder = tmp_path / "colleague"
    found = unpacked(file, folder)
    assert found.other_tables == () and found.merged.to_json()["copied"] == 4
    uri = default_settings(folder).tracking_uri
    for form, ending in (("md", "md"), ("csv", "csv"), ("latex", "tex"), ("json", "json")):
        packed = (folder / "tables" / f"{TABLE}.{ending}").read_bytes()
        assert render(table(TABLE, uri, grid=TABLE), form).encode() == packed
    assert (folder / "grid/table7_1.yaml").read_text() == "name: table7_1\n"
    assert "numpy==" in (folder / "environment.txt").read_text()
    run_id = CELLS[0]["run_id"]
    assert len(read_study(uri).latents(run_id).mu_NL) == 200


def test_a_table_that_comes_out_otherwise_is_reported(file, tmp_path):
    """The packed bytes are compared with tables made from the packed runs, not with themselves."""

    def change(contents):
        name = f"tables/{TABLE}.md"
        contents[name] = contents[name].replace(b"0", b"1")
        manifest = json.loads(contents["manifest.json"])
        manifest["files"][name] = __import__("hashlib").sha256(contents[name]).hexdigest()
        contents["manifest.json"] = json.dumps(manifest).encode()

    found = unpacked(rewritten(file, change), tmp_path / "x")
    assert found.other_tables == (f"tables/{TABLE}.md",)


def test_the_same_study_gives_the_same_bytes(store_with, tmp_path):
    uri = store_with()
    for name in ("a.zip", "b.zip"):
        pack(TABLE, uri, tmp_path / name, {})
    texts = []
    for name in ("a.zip", "b.zip"):
        with zipfile.ZipFile(tmp_path / name) as archive:
            texts.append({n: archive.read(n) for n in archive.namelist() if n != "README.md"})
    assert {**texts[0], "manifest.json": b""} == {**texts[1], "manifest.json": b""}
    pack(TABLE, uri, tmp_path / "x" / "a.zip", {})
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "x" / "a.zip").read_bytes()


def test_a_pack_can_be_merged(file, store_with):
    ours = store_with(lambda number: number < 1)
    assert merged(str(file), ours).to_json()["copied"] == 3
    assert set(numbers_of_runs(ours).values()) == {1}


def test_unpacking_is_continued_after_an_interruption(file, tmp_path, monkeypatch):
    wrapped = run_copy.RunCopier._log_values
    calls = []

    def interrupt(self, *arguments):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        wrapped(self, *arguments)

    monkeypatch.setattr(run_copy.RunCopier, "_log_values", interrupt)
    with pytest.raises(KeyboardInterrupt):
        unpacked(file, tmp_path / "x")
    monkeypatch.undo()
    assert unpacked(file, tmp_path / "x").other_tables == ()
    runs = numbers_of_runs(default_settings(tmp_path / "x").tracking_uri)
    assert set(runs.values()) == {1} and len(runs) == 5


def test_a_damaged_run_is_reported_and_the_others_are_taken(file, tmp_path):
    victim = CELLS[2]["run_id"]

    def change(contents):
        contents[f"runs/{victim}/artifacts/latents.h5"] += b"x"

    found = unpacked(rewritten(file, change), tmp_path / "x")
    assert list(found.merged.damaged) == [victim]
    assert found.merged.to_json()["copied"] == 3
    assert found.other_tables  # a run is missing in them


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda c: c.pop("manifest.json"), "was not written by `sweeper pack`"),
        (lambda c: c.update({"environment.txt": b"torch==0"}), "environment.txt is damaged"),
        (lambda c: c.pop("tables/table7_1.md"), "tables/table7_1.md cannot be read"),
        (lambda c: _edit(c, lambda m: m.update(format=9)), "has format 9; this version reads 1"),
        (lambda c: _edit(c, lambda m: m["files"].update({"../x": ""})), "leads out of the pack"),
        (lambda c: _edit(c, lambda m: m["files"].update({"/etc/x": ""})), "leads out of the pack"),
    ],
)
def test_a_file_that_is_no_sound_pack_is_refused_before_anything_is_written(
    file, tmp_path, change, text
):
    with pytest.raises(ResultsError, match=text):
        unpacked(rewritten(file, change), tmp_path / "x")
    assert not (tmp_path / "x").exists()


def _edit(contents, change):
    manifest = json.loads(contents["manifest.json"])
    change(manifest)
    contents["manifest.json"] = json.dumps(manifest).encode()


def test_a_cut_file_is_refused(file, tmp_path):
    from sweeper.sharing.pack_file import is_pack

    file.write_bytes(file.read_bytes()[:-4000])
    assert not is_pack(str(file))
    with pytest.raises(ResultsError, match="cannot be read"):
        unpacked(file, tmp_path / "x")


def test_other_files_in_the_folder_are_not_replaced(file, tmp_path):
    (tmp_path / "x").mkdir()
    (tmp_path / "x/README.md").write_text("mine")
    with pytest.raises(UsageError, match="README.md"):
        unpacked(file, tmp_path / "x")
    assert (tmp_path / "x/README.md").read_text() == "mine"


def test_missing_runs_are_counted(store_with, tmp_path):
    found = pack(TABLE, store_with(lambda number: number < 3), tmp_path / "s.zip", {})
    assert (found.runs, found.missing) == (3, 1)
    assert unpacked(tmp_path / "s.zip", tmp_path / "x").other_tables == ()


def test_nothing_to_pack_is_an_error_and_leaves_no_file(store_with, tmp_path):
    with pytest.raises(ResultsError, match="no run of grid"):
        pack(TABLE, store_with(lambda number: False), tmp_path / "s.zip", {})
    with pytest.raises(ResultsError, match="no grid 'nope'"):
        pack("nope", store_with(), tmp_path / "s.zip", {})
    assert not list(tmp_path.glob("*.zip"))


def test_a_killed_pack_leaves_the_old_file(file, store_with, monkeypatch):
    before = file.read_bytes()
    monkeypatch.setattr("sweeper.sharing.pack.environment_text", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        pack(TABLE, store_with(), file, {})
    assert file.read_bytes() == before
    assert not list(file.parent.glob(".*.tmp"))


def test_grid_files_and_own_code_are_packed(store_with, tmp_path):
    grids = tmp_path / "study"
    (grids / "models").mkdir(parents=True)
    (grids / "models/mine.py").write_text("class Mine: pass\n")
    texts = {grids / "main.yaml": "models: [models/mine.py]\n", grids / "other.yaml": "x: 1\n"}
    pack(TABLE, store_with(), tmp_path / "s.zip", texts)
    unpacked(tmp_path / "s.zip", tmp_path / "x")
    assert (tmp_path / "x/code/mine.py").read_text() == "class Mine: pass\n"
    assert {p.name for p in (tmp_path / "x/grid").iterdir()} == {"main.yaml", "other.yaml"}


def test_trained_runs_are_as_they_were(trained, tmp_path):
    pack("tiny", trained.uri, tmp_path / "s.zip", {})
    shutil.copy(tmp_path / "s.zip", tmp_path / "t.zip")
    found = unpacked(tmp_path / "t.zip", tmp_path / "x")
    assert found.other_tables == ()
    study = read_study(default_settings(tmp_path / "x").tracking_uri)
    columns = [name for name in study.runs if name != "grids"]
    assert study.runs[columns].equals(trained.study().runs[columns])
