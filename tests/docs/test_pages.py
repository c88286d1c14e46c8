"""Every code block of README and of the site is run, or says why not; real output is as shown."""

import os
import re
import shutil
from pathlib import Path

import pytest

from tests.docs import blocks as pages

ROOT = Path(__file__).parents[2]
MADE = {path for path in (ROOT / "docs" / "reference").glob("*.md") if path.stem != "index"}
PAGES = sorted({ROOT / "README.md", *(ROOT / "docs").rglob("*.md")} - MADE)
PAGES = [path for path in PAGES if "_build" not in path.parts]
RUN_LANGUAGES = {"console", "python", "yaml"}


def name(path):
    return path.relative_to(ROOT).as_posix()


def text(path):
    return path.read_text(encoding="utf-8")


def is_run(path):
    return any(
        block.is_run and block.language in RUN_LANGUAGES for block in pages.blocks(text(path))
    )


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_every_block_is_run_or_says_why_not(path):
    wrong = [
        block.line
        for block in pages.blocks(text(path))
        if block.is_run and block.language not in RUN_LANGUAGES and not block.file
    ]
    assert not wrong, f"lines {wrong}: write <!-- not run: REASON --> above the block"


@pytest.fixture(scope="session")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study") / "study"
    pages.prepare_study(folder)
    return folder


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("path", [path for path in PAGES if is_run(path)], ids=name)
def test_its_blocks_run_and_print_what_it_shows(path, tmp_path, request):
    folder = tmp_path / "study"
    if pages.is_prepared(text(path)):
        shutil.copytree(request.getfixturevalue("study"), folder)
    folder.mkdir(exist_ok=True)
    pages.prepare_grids(text(path), folder)
    if path.name == "README.md" and (quickstart := os.environ.get("SWEEPER_QUICKSTART")):
        shutil.copy(Path(quickstart, "mlflow.db"), folder)
        for made in ("mlartifacts", "sweep_store"):
            shutil.copytree(Path(quickstart, made), folder / made)
    assert pages.run_page(path, folder) == text(path)


def test_only_numbers_and_lines_that_are_left_out_may_differ():
    assert pages.same("took 3 min 20 s, CbD 0.35", "took 12 s, CbD 0.4")
    assert pages.same("0.04* 0.05+ of 3+", "0.05 0.04* of 3")  # the best depends on the processor
    assert pages.same("a\nb\nc", "a\n...\nc")
    for processor in (
        "Intel(R) Xeon(R) CPU @ 2.20GHz",
        "12th Gen Intel(R) Core(TM) i7",
        "Apple M2",
    ):
        shown = "time about 1 s (2 at a time, on {}; rough estimate)"
        assert pages.same(shown.format(processor), shown.format("AMD EPYC"))
    assert not pages.same("3 runs failed", "3 runs done")
    assert not pages.same("a\nb", "a")


def test_commands_are_separated_from_their_output():
    found = pages.commands("$ first \\\n  --option\nprinted\n$ second\n")
    assert [command.line for command in found] == ["first   --option", "second"]
    assert found[0].printed == "printed\n"


def test_a_page_that_shows_other_output_gets_the_real_one(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("```console\n$ echo real\nwrong\n```\n")
    assert "real\n```" in pages.run_page(page, tmp_path)


def test_a_python_block_that_fails_is_an_error(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("```python\nraise SystemExit(3)\n```\n")
    with pytest.raises(AssertionError, match="line 1"):
        pages.run_page(page, tmp_path)


def test_directives_of_the_site_are_no_blocks():
    assert pages.blocks("```{toctree}\na\n```\n") == []
    assert re.search("toctree", text(ROOT / "docs" / "index.md"))
