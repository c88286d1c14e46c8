"""The code blocks of a page: found, run in order in one folder, and compared with what is printed.

    python -m tests.docs.blocks docs/tutorial.md      # runs the page and writes its real output

console   lines that begin with `$ ` are run; what follows is their output. A line `...` stands for
          any lines. Numbers and durations are not compared.
python    run as a program in the same folder.
yaml      loaded as a grid, alone or as a part of one. After `<!-- file: NAME -->` written to NAME.
others    and blocks that cannot be run follow a line `<!-- not run: REASON -->`.

`<!-- prepared: study -->` on a page: it begins with the folder of a finished small sweep;
`<!-- prepared: grids -->`: with a copy of grids/."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
STUDY = """\
datasets: dsprites
models: [vae, l_vae]
axes: {batch_size: 64, learning_rate: 1e-3, network: cnn, iterations: [20, 40]}
evaluation: {num_points: 500}
select: {min_active: 0}
"""
_FENCE = re.compile(
    r"(?:^<!-- (?P<mark>[^\n]*) -->\n)?^```(?P<language>\w*)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)

# A busy machine times fewer kinds of training, and none a second time.
_PROBE_LINES = re.compile(
    r"^(timing \d+ kinds?|\d+ kinds? not timed|no kind was timed)\b.*\n", re.MULTILINE
)
_SOURCE = r"(\d+% )?(rough estimate|measured|timed by plan)"


@dataclass(frozen=True)
class Block:
    """mark: the comment before the block.  start, end: of its text in the page."""

    language: str
    text: str
    mark: str
    line: int
    start: int
    end: int

    @property
    def is_run(self) -> bool:
        return not self.mark.startswith("not run:")

    @property
    def file(self) -> str:
        return self.mark.removeprefix("file: ") if self.mark.startswith("file: ") else ""


@dataclass(frozen=True)
class Command:
    """A command of a console block, and what the page says that it prints."""

    line: str
    printed: str


def blocks(page: str) -> list[Block]:
    """The fenced blocks of a page; directives of the site, such as {toctree}, are none."""
    return [
        Block(
            found["language"],
            found["text"],
            found["mark"] or "",
            page.count("\n", 0, found.start("text")),
            found.start("text"),
            found.end("text"),
        )
        for found in _FENCE.finditer(page)
    ]


def is_prepared(page: str) -> bool:
    return "<!-- prepared: study -->" in page


def commands(text: str) -> list[Command]:
    """The commands of a console block; a line that ends in a backslash continues on the next."""
    parts = re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]
    found = []
    for part in parts:
        line, _, printed = re.sub(r"\\\n", "", part, count=9).partition("\n")
        found.append(Command(line, printed))
    return found


def environment(folder: Path) -> dict[str, str]:
    """The test's environment, with `sweeper` on the path, one thread and a width of 100."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    own = {"PATH": path, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "COLUMNS": "100"}
    quiet = {
        "RAY_USAGE_STATS_ENABLED": "0",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "HOME": str(folder),
        "SWEEPER_PROBE": "1",
    }
    return {**os.environ, **own, **quiet}


def run(line: str, folder: Path) -> str:
    """What a command prints, on both streams. Commands of the page may fail on purpose."""
    done = subprocess.run(
        ["bash", "-c", line],
        cwd=folder,
        env=environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=1800,
    )
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", done.stdout).replace(str(folder), "~/study")
    return "\n".join(line.rstrip() for line in text.splitlines()).strip("\n")


def prepare_grids(page: str, folder: Path) -> None:
    """A copy of grids/, if the page wants one."""
    if "<!-- prepared: grids -->" in page:
        shutil.copytree(ROOT / "grids", folder / "grids")


def prepare_study(folder: Path) -> None:
    """A finished sweep: two models, two milestones, in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "small.yaml").write_text(STUDY, encoding="utf-8")
    printed = run("sweeper launch small.yaml --engine local", folder)
    assert "4 of 4 runs done" in printed, printed


def same(printed: str, page: str) -> bool:
    """Whether a page shows what was printed; a line `...` stands for any lines."""
    pattern = ".*".join(
        re.escape(normal(part)) for part in re.split(r"^\.\.\.$", page.strip(), flags=re.MULTILINE)
    )
    return re.fullmatch(pattern, normal(printed), re.DOTALL) is not None


def normal(text: str) -> str:
    """Without what differs from run to run: numbers, durations, widths, ids, machine, probes."""
    text = re.sub(r"\((R|TM)\)", "", text)  # in names of processors
    text = re.sub(r"on (?=[A-Z]|\d+th Gen)[\w. @-]*(?=;|\))", "on MACHINE", text)
    text = _PROBE_LINES.sub("", text)
    text = re.sub(rf"; {_SOURCE}(, {_SOURCE})*\)", "; ESTIMATE)", text)
    text = re.sub(r"\b(\d+ (d|h|min|s)\b ?)+", "TIME ", text)
    text = re.sub(r"\b(?=\w*\d)[0-9a-f]{8,}\b", "ID", text)
    text = re.sub(r"-?\d[\d,]*(\.\d+)?(e-?\d+)?[*+]?", "0", text)  # with the marks of a table
    return re.sub(r"[\s|\u2500-\u257f-]+", " ", text).strip()


def run_page(path: Path, folder: Path) -> str:
    """Runs a page in `folder`. Returns its text with the real output of every command.

    Raises AssertionError where a Python block or a grid fails."""
    page = path.read_text(encoding="utf-8")
    pieces, last = [], 0
    for block in blocks(page):
        pieces.append(page[last : block.start])
        pieces.append(_run_block(block, folder) if block.is_run else block.text)
        last = block.end
    return "".join(pieces) + page[last:]


def _run_block(block: Block, folder: Path) -> str:
    if block.file:
        (folder / block.file).write_text(block.text, encoding="utf-8")
    if block.language == "console":
        return "".join(
            f"$ {found.line}\n{_shown(run(found.line, folder), found.printed)}"
            for found in commands(block.text)
        )
    if block.language == "python" and not block.file:
        file = folder / "block.py"
        file.write_text(block.text, encoding="utf-8")
        printed = run("python block.py && echo 'ran to the end'", folder)
        assert printed.endswith("ran to the end"), f"line {block.line}: {printed}"
        file.unlink()
    if block.language == "yaml":
        load_part(block.text, folder)
    return block.text


def _shown(printed: str, page: str) -> str:
    """The output for the page: its own text where that is right, else all of the real one."""
    if page.strip() and same(printed, page):
        return page
    return printed + "\n" if printed else ""


def load_part(text: str, folder: Path) -> None:
    """Loads a grid, or a part of one completed by a small grid. Raises GridError."""
    import yaml

    from sweeper.grid import load_grid

    given = yaml.safe_load(text)
    base = {"datasets": "dsprites", "models": ["vae", "beta_vae"], "axes": {"iterations": 100}}
    axes = {**given.get("axes", {})}
    if not {"iterations"} <= set(axes) and "axes" in given:
        given["axes"] = {"iterations": 100, **axes}
    for key in ("zip", "exclude", "include"):
        if key in given:
            axes = {"batch_size": [64, 128, 256], "learning_rate": [1e-3, 1e-4, 1e-5]}
            base["axes"] = {"iterations": 100, **axes}
    path = folder / "part.yaml"
    path.write_text(yaml.safe_dump(base | given), encoding="utf-8")
    load_grid(path, check_references=False)
    path.unlink()


def main(names: list[str]) -> None:
    for name in names:
        path = Path(name)
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary) / "study"
            folder.mkdir()
            prepare_grids(path.read_text(encoding="utf-8"), folder)
            if is_prepared(path.read_text(encoding="utf-8")):
                prepare_study(folder)
            path.write_text(run_page(path, folder), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
