"""All datasets and which can be opened now: the rows of `sweeper data list`."""

from dataclasses import dataclass
from pathlib import Path

from trainers.datasets.access.prepared import Manifest, read_manifest
from trainers.datasets.fetching.places import DOWNLOADS
from trainers.errors import DataError
from trainers.specs.datasets import DATASETS, DatasetSpec


@dataclass(frozen=True)
class DatasetState:
    """A dataset and the sources that can be opened now.

    state: "prepared", "not prepared", or the problem of the prepared form.  ready: the sources that
    open without a further step.  size_bytes: of the prepared form, 0 where there is none.
    prepared: the description of the prepared form."""

    spec: DatasetSpec
    state: str
    ready: tuple[str, ...]
    fingerprint: str
    size_bytes: int
    prepared: Manifest | None = None

    @property
    def licence(self) -> str:
        """Of the published files; '' for a user's own."""
        return DOWNLOADS[self.spec.name].licence if self.spec.name in DOWNLOADS else ""

    @property
    def download_bytes(self) -> int:
        """Of the published files; 0 where it is not known."""
        return DOWNLOADS[self.spec.name].size_bytes if self.spec.name in DOWNLOADS else 0


def list_datasets(data_dir: Path | str) -> list[DatasetState]:
    """Every published dataset, in the order of the specs, then users' own files used so far."""
    data_dir = Path(data_dir)
    rows = [_row(spec, data_dir / name) for name, spec in DATASETS.items()]
    for manifest in sorted(data_dir.glob("custom/*/manifest.json")):
        try:
            rows.append(_row(read_manifest(manifest.parent).spec, manifest.parent))
        except DataError:
            continue  # damaged: it is prepared again when next opened
    return rows


def _row(spec: DatasetSpec, folder: Path) -> DatasetState:
    drawn = tuple(source for source in spec.sources if source in ("rendered", "synthetic"))
    stored = tuple(source for source in spec.sources if source not in drawn)
    if not (folder / "manifest.json").is_file():
        return DatasetState(spec, "not prepared", drawn, "", 0)
    try:
        prepared = read_manifest(folder)
    except DataError as error:
        return DatasetState(spec, str(error), drawn, "", 0)
    size = sum(file.stat().st_size for file in folder.iterdir())
    return DatasetState(spec, "prepared", drawn + stored, prepared.fingerprint, size, prepared)
