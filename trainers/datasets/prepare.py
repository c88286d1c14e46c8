"""Checks published files and writes their prepared form."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from trainers.datasets.access.prepared import PreparedDataset
from trainers.datasets.access.source_files import same_content
from trainers.datasets.opener import unknown_dataset
from trainers.datasets.published import READERS
from trainers.datasets.published.reading import PublishedFile, ReadRequest, files_of
from trainers.datasets.writing import BLOCK_BYTES, Progress, locked, write
from trainers.errors import DataError
from trainers.specs.datasets import DATASETS, DatasetSpec

Sources = Path | str | Sequence[Path | str]


@dataclass(frozen=True)
class Checked:
    """The result of `check`: the dataset in a file, and how it was recognised."""

    spec: DatasetSpec
    fingerprint_kind: str  # "published", or "published-custom-size"
    checksum: str  # "agrees", or the reason why none was compared


def check(
    name: str,
    sources: Sources,
    *,
    spec: DatasetSpec | None = None,
    any_size: bool = False,
    progress: Progress | None = None,
) -> Checked:
    """Checks layout, number of images, labels and, where one is published, the checksum.

    Pictures are not decoded; `prepare` does that. Raises DataError with what was expected."""
    reading, kind = _read(name, sources, spec, any_size)
    return Checked(reading.spec, kind, _compare_checksums(reading, kind, progress))


def prepare(
    name: str,
    sources: Sources,
    data_dir: Path | str,
    *,
    spec: DatasetSpec | None = None,
    any_size: bool = False,
    progress: Progress | None = None,
) -> PreparedDataset:
    """Checks published files and writes DATA_DIR/NAME, which all processes of a node share.

    sources: the published file or files, or their folder.  any_size: accept a file of the same
    layout with any number of images; factor sizes then come from its labels, checksums are not
    compared, and the fingerprint contains "custom-size".  spec: expected numbers, in place of the
    published ones.

    A second call with the same files does nothing; one with other files replaces the dataset.
    Raises DataError for files that are missing, damaged, altered or of another dataset."""
    _require_known(name)
    data_dir, files = Path(data_dir), files_of(sources)
    with locked(data_dir, name):
        if _is_made_from(data_dir / name, files, any_size):
            return PreparedDataset(data_dir / name)
        reading, kind = _read(name, sources, spec, any_size)
        _compare_checksums(reading, kind, progress)
        return write(reading, data_dir, name, f"{name}/{kind}", files, progress)


def _read(
    name: str, sources: Sources, spec: DatasetSpec | None, any_size: bool
) -> tuple[PublishedFile, str]:
    _require_known(name)
    wanted = spec or DATASETS[name]
    reading = READERS[name](ReadRequest(files_of(sources), wanted, any_size))
    published = not any_size and wanted == DATASETS[name]
    return reading, "published" if published else "published-custom-size"


def _require_known(name: str) -> None:
    if name not in READERS:
        raise unknown_dataset(name)


def _is_made_from(folder: Path, files: Sequence[Path], any_size: bool) -> bool:
    if not (folder / "manifest.json").exists():
        return False
    try:
        manifest = PreparedDataset(folder).manifest
    except DataError:
        return False  # a damaged one is prepared again
    custom = "custom-size" in manifest.fingerprint
    return (any_size or not custom) and same_content(manifest.sources, files)


def _compare_checksums(reading: PublishedFile, kind: str, progress: Progress | None) -> str:
    if kind != "published":
        return "not compared: --any-size"
    if not reading.checksums:
        return "none was published"
    for path, known in reading.checksums.items():
        found = {one.algorithm: _file_digest(path, one.algorithm, progress) for one in known}
        if not any(found[one.algorithm] == one.digest for one in known):
            expected = " or ".join(f"{one.algorithm} {one.digest}" for one in known)
            got = ", ".join(f"{algorithm} {digest}" for algorithm, digest in found.items())
            raise DataError(
                f"{path}: altered or damaged: expected {expected}, found {got}. Download it again; "
                "to use a modified file, add --any-size"
            )
    return "agrees"


def _file_digest(path: Path, algorithm: str, progress: Progress | None) -> str:
    digest = hashlib.new(algorithm, usedforsecurity=False)
    total, done = path.stat().st_size, 0
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            digest.update(block)
            done += len(block)
            if progress:
                progress(f"checking {path.name}", done, total)
    return digest.hexdigest()
