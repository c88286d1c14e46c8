"""An entry of `datasets`.

datasets:
  - dsprites                                    # its default source
  - {name: mpi3d, source: synthetic}            # one of its other sources
  - {name: falcor3d, data: /data/prepared}      # another folder of prepared files
  - {name: mine, path: mine.npz}                # a file with `images` and `factors`"""

from collections.abc import Mapping
from typing import Any, Self

from pydantic import model_validator

from sweeper import messages
from sweeper.grid.blocks.use import brought_by_package
from sweeper.grid.syntax.fields import Block, Text
from sweeper.grid.syntax.names import Name
from trainers.specs.datasets import DATASETS

FILE_ENDINGS = (".npz", ".h5", ".hdf5")


class DatasetEntry(Block):
    """A requested dataset. source: None means the dataset's first. data: the folder of
    prepared datasets. path: the user's own file. Both are relative to the grid file."""

    name: Name
    source: Text | None = None
    data: Text | None = None
    path: Text | None = None

    @classmethod
    def normalised(cls, entry: Any) -> Mapping[str, Any]:
        return {"name": entry} if isinstance(entry, str) else super().normalised(entry)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.path is not None:
            self._check_own_file(self.path)
        elif self.name not in DATASETS and not brought_by_package("dataset", self.name):
            what = messages.unknown(self.name, list(DATASETS))
            raise ValueError(f"{what} For your own file write {{name: ..., path: FILE}}.")
        elif self.source is not None and self.source not in DATASETS[self.name].sources:
            known = messages.known_names(DATASETS[self.name].sources)
            raise ValueError(f"has no source {messages.quoted(self.source)}. {known}")
        return self

    def _check_own_file(self, path: str) -> None:
        if self.name in DATASETS:
            raise ValueError("is the name of a known dataset; give your own file another name.")
        if not path.endswith(FILE_ENDINGS):
            raise ValueError(f"must have a path that ends in {', '.join(FILE_ENDINGS)}.")
        if self.source is not None or self.data is not None:
            raise ValueError("has a path, so `source` and `data` would be ignored; remove them.")
