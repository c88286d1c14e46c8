"""Opens a published dataset from any of its sources."""

from collections.abc import Callable
from pathlib import Path

from trainers.datasets.access.dataset import Dataset
from trainers.datasets.access.prepared import PreparedDataset, is_prepared
from trainers.errors import ConfigError, DataError
from trainers.specs.datasets import DATASETS, DatasetSpec
from trainers.words import unknown

DEFAULT_DATA_DIR = Path("data")


class Opener:
    """Opens a dataset's prepared form, or renders it.

    open_prepared: opens the prepared folder.  drawn: {source: function that opens it}."""

    def __init__(
        self,
        name: str,
        open_prepared: Callable[[Path, DatasetSpec], Dataset] = PreparedDataset,
        **drawn: Callable[[], Dataset],
    ) -> None:
        self.spec = DATASETS[name]
        self.sources = (*drawn, "published") if self.spec.files else tuple(drawn)
        self._open_prepared = open_prepared
        self._drawn = drawn

    def __call__(self, source: str | None = None, data_dir: Path | str | None = None) -> Dataset:
        """source: the spec's first by default.  data_dir: ./data by default.

        Raises ConfigError for an unknown source, DataError where data are missing or damaged."""
        source = source or self.spec.sources[0]
        if source not in self.sources:
            raise ConfigError(
                f"{self.spec.name}: source {source!r} is unknown; "
                f"allowed: {', '.join(self.spec.sources)}"
            )
        if source in self._drawn:
            return self._drawn[source]()
        return self._prepared(Path(data_dir) if data_dir is not None else DEFAULT_DATA_DIR)

    def _prepared(self, data_dir: Path) -> Dataset:
        name = self.spec.name
        if is_prepared(name, data_dir):
            return self._open_prepared(data_dir / name, self.spec)
        also = "".join(f", or use source {source!r}" for source in self._drawn)
        raise DataError(
            f"{name}: not prepared in {data_dir}. Run `sweeper data fetch {name}`, or download "
            f"{', '.join(self.spec.files)} and run "
            f"`sweeper data prepare {name} --source FILE`{also}"
        )


def unknown_dataset(name: str) -> ConfigError:
    """The error for a name that has no published files."""
    if name in DATASETS:
        return ConfigError(
            f"{name}: its images are drawn; there is nothing to download or to prepare"
        )
    return ConfigError(f"{unknown('dataset', name, list(DATASETS))} Your own file needs `path`.")
