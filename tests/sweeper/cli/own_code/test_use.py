"""Own code that cannot be used: one line for each mistake, from --use and from a grid."""

import shutil

import pytest

from tests.support.own_parts import DATASET, MEASURE, MODEL, NETWORK, write

KINDS = {"model": MODEL, "network": NETWORK, "dataset": DATASET, "measure": MEASURE}
# kind: (text that is removed or replaced, what it becomes, what the line says)
LACKS = {
    "model": ("def loss", "def cost", "class Mine (model mine) has no method loss"),
    "network": ("def __init__", "def make", "class Mine (network mine) has no method __init__"),
    "dataset": ("def arrays", "def rows", "class Mine (dataset mine) has no method arrays"),
    "measure": ("latents_NL, factors_NK", "codes", "measure mine: takes (codes); it must take"),
}
BUILT_IN = {"model": "vae", "network": "mlp", "dataset": "dsprites", "measure": "mig"}
GRID = "use: {use}\ndatasets: dsprites\nmodels: vae\naxes: {{iterations: 10}}\n"


@pytest.fixture(params=["grid", "--use"])
def mistakes(request, command, tmp_path):
    """Launches with a file of this text: the lines of standard error."""

    def run(text):
        (tmp_path / "mine.py").write_text(text)
        use = "./mine.py" if request.param == "grid" else "./other.py"
        (tmp_path / "other.py").write_text(MEASURE.replace("mine", "other"))
        (tmp_path / "grid.yaml").write_text(GRID.format(use=use))
        options = ["--use", "./mine.py"] if request.param == "--use" else []
        code, out, lines = command("launch", "grid.yaml", "--engine", "local", *options)
        assert code == 2 and out == ""
        assert not (tmp_path / "mlflow.db").exists() and not (tmp_path / "sweep_store").exists()
        return lines

    return run


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_raises_on_import(mistakes, kind):
    (line,) = mistakes(f"{KINDS[kind]}\nnothing\n")
    number = KINDS[kind].count("\n") + 2
    assert f"./mine.py:{number}: raises NameError on import: name 'nothing'" in line


@pytest.mark.parametrize("kind", KINDS)
def test_a_part_without_a_method_it_needs(mistakes, kind):
    old, new, said = LACKS[kind]
    (line,) = mistakes(KINDS[kind].replace(old, new))
    assert f"./mine.py: {said}" in line


@pytest.mark.parametrize("kind", KINDS)
def test_a_name_that_a_built_in_part_has(mistakes, kind):
    (line,) = mistakes(write(KINDS[kind], BUILT_IN[kind]))
    name = BUILT_IN[kind]
    assert f"./mine.py: {kind} {name}: a built-in {kind} has this name; rename yours" in line


@pytest.mark.parametrize("kind", KINDS)
def test_a_name_that_another_file_has(command, tmp_path, kind):
    (tmp_path / "mine.py").write_text(KINDS[kind])
    shutil.copy(tmp_path / "mine.py", tmp_path / "other.py")
    (tmp_path / "grid.yaml").write_text(GRID.format(use="[./mine.py, ./other.py]"))
    code, _, (line,) = command("plan", "grid.yaml")
    assert code == 2 and line.startswith("grid.yaml:1")
    assert f"./other.py: {kind} mine: ./mine.py has this name too; rename one" in line


def test_mistakes_of_two_files_are_reported_together(command, tmp_path):
    (tmp_path / "one.py").write_text("nothing\n")
    (tmp_path / "two.py").write_text(MODEL.replace("def loss", "def cost"))
    (tmp_path / "grid.yaml").write_text(GRID.format(use="[./one.py, ./two.py, ./three.py]"))
    _, _, lines = command("plan", "grid.yaml")
    assert [any(words in line for line in lines) for words in ("NameError", "no method loss")] == [
        True,
        True,
    ]
    assert any("./three.py: no such file" in line for line in lines)
