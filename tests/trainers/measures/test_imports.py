"""What importing the measures must not load."""

import subprocess
import sys

HEAVY = "{'torch', 'sklearn', 'scipy', 'h5py', 'pyarrow', 'pandas', 'ray', 'mlflow'}"


def loaded(code: str) -> str:
    """Names of heavy modules that are loaded after `code`."""
    script = f"import sys; {code}; print(sorted({HEAVY} & set(sys.modules)))"
    return subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout.strip()


def test_the_specs_load_nothing_heavy():
    assert loaded("import trainers.specs.measures") == "[]"


def test_the_thesis_s_measures_need_numpy_alone():
    code = (
        "import numpy as np, trainers.measures.representation.files as f, trainers.measures as m; "
        "from trainers.specs.measures import DEFAULT_MEASURES as names; "
        "y = np.arange(60).reshape(30, 2) % 3; m.score(y + 0.5 * y**2, y, measures=names)"
    )
    assert loaded(code) == "[]"
