"""Representations from .npz, .h5 and .parquet, and what is said of wrong files."""

import subprocess
import sys

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from trainers.errors import DataError
from trainers.measures.representation.files import load_representation

Z = np.arange(12, dtype=np.float32).reshape(4, 3) / 8.0
Y = np.array([[0, 1], [1, 1], [0, 0], [1, 0]])


def write_npz(path, **arrays):
    np.savez(path, **arrays)


def write_h5(path, **arrays):
    with h5py.File(path, "w") as file:
        for name, array in arrays.items():
            file[name] = array


def write_lists(path, **arrays):
    pq.write_table(pa.table({name: array.tolist() for name, array in arrays.items()}), path)


def write_columns(path, **arrays):
    # In reverse, because a reader must go by the numbers.
    columns = {f"{n}_{i}": a[:, i] for n, a in arrays.items() for i in reversed(range(a.shape[1]))}
    pq.write_table(pa.table(columns), path)


WRITERS = [
    ("r.npz", write_npz),
    ("r.h5", write_h5),
    ("r.parquet", write_lists),
    ("r.parquet", write_columns),
]


@pytest.mark.parametrize(("name", "write"), WRITERS)
def test_each_format_gives_what_was_written(name, write, tmp_path):
    write(tmp_path / name, latents=Z, factors=Y)
    latents_NL, factors_NK = load_representation(tmp_path / name)
    assert np.array_equal(latents_NL, Z)
    assert np.array_equal(factors_NK, Y)


def test_more_than_ten_columns_are_in_the_order_of_their_numbers(tmp_path):
    wide = np.arange(48.0).reshape(4, 12)
    columns = {f"latent_{i}": wide[:, i] for i in sorted(range(12), key=str)} | {
        "factor_0": Y[:, 0]
    }
    pq.write_table(pa.table(columns), tmp_path / "r.parquet")
    latents_NL, factors_NK = load_representation(str(tmp_path / "r.parquet"))
    assert np.array_equal(latents_NL, wide)
    assert factors_NK.shape == (4, 1)


def test_the_latents_of_a_run_are_taken(tmp_path):
    write_h5(tmp_path / "latents.h5", mu=Z, logvar=Z, factors=Y, names=[b"a", b"b"], sizes=[2, 2])
    assert np.array_equal(load_representation(tmp_path / "latents.h5")[0], Z)


@pytest.mark.parametrize(("name", "write"), WRITERS)
def test_a_missing_array_is_named_with_those_in_the_file(name, write, tmp_path):
    write(tmp_path / name, codes=Z, factors=Y)
    with pytest.raises(DataError, match=r"no `latents`; it holds .*codes.*\(N, L\)"):
        load_representation(tmp_path / name)


@pytest.mark.parametrize("name", ["r.npz", "r.h5", "r.parquet"])
def test_damaged_and_absent_files_are_refused(name, tmp_path):
    with pytest.raises(DataError, match="no such file"):
        load_representation(tmp_path / name)
    (tmp_path / name).write_bytes(b"not what the name says")
    with pytest.raises(DataError, match="not a readable"):
        load_representation(tmp_path / name)


def test_all_mistakes_of_a_file_are_named(tmp_path):
    write_npz(tmp_path / "r.npz", latents=Z[:, 0], factors=Y.astype(str))
    with pytest.raises(DataError) as error:
        load_representation(tmp_path / "r.npz")
    first, second = str(error.value).splitlines()
    assert "`latents` has shape (4,)" in first
    assert "`factors` has shape (4, 2) of type <U" in second
    write_npz(tmp_path / "r.npz", latents=Z, factors=Y[:3])
    with pytest.raises(DataError, match="4 points of latents, 3 of factors"):
        load_representation(tmp_path / "r.npz")


def test_a_pickle_is_never_loaded(tmp_path):
    write_npz(tmp_path / "r.npz", latents=np.array([[{}]], dtype=object), factors=Y)
    with pytest.raises(DataError, match="not a readable .npz file"):
        load_representation(tmp_path / "r.npz")


def test_other_kinds_of_files_are_refused_by_name(tmp_path):
    with pytest.raises(DataError, match=r"'.csv' are not read. Known: .npz, .h5, .hdf5, .parquet"):
        load_representation(tmp_path / "r.csv")


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"latents": [[1.0], [1.0, 2.0]], "factors": [[0], [1]]}, "differ in length"),
        ({"latents": [1.0, 2.0], "factors": [[0], [1]]}, "must hold a list in every row"),
        ({"latents": [[1.0], [None]], "factors": [[0], [1]]}, "holds empty values"),
        ({"latents_0": [1.0, 2.0], "latents_2": [1.0, 2.0]}, "must be numbered 0 to 1"),
    ],
)
def test_parquet_columns_that_are_no_matrix(columns, words, tmp_path):
    pq.write_table(pa.table(columns), tmp_path / "r.parquet")
    with pytest.raises(DataError, match=words):
        load_representation(tmp_path / "r.parquet")


def test_a_file_that_another_process_has_open_for_writing_is_read(tmp_path):
    script = (
        "import sys, h5py, numpy as np\n"
        "file = h5py.File(sys.argv[1], 'w')\n"
        "file['latents'] = np.ones((4, 3))\n"
        "file['factors'] = np.ones((4, 2), int)\n"
        "file.flush()\n"
        "print('written', flush=True)\n"
        "sys.stdin.read()\n"
    )
    path = tmp_path / "open.h5"
    writer = subprocess.Popen(
        [sys.executable, "-c", script, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with writer:
        try:
            assert writer.stdout.readline() == "written\n"
            latents_NL, factors_NK = load_representation(path)
        finally:
            writer.communicate("", timeout=60)
    assert latents_NL.shape == (4, 3) and factors_NK.shape == (4, 2)
