"""The prepared form of a dataset: memory-mapped arrays shared by every process of a node.

A folder holds images.npy (N, C, H, W) uint8, or (N, bytes) of packed bits for binary images;
factors.npy (N, K) int64; and manifest.json, which describes the arrays and their source files.

Shapes: B batch, N images, K factors, C H W image."""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from trainers.datasets.access.checks import check_indices
from trainers.errors import DataError
from trainers.specs.datasets import DatasetSpec

FORMAT = 1
Layout = Literal["uint8", "bits"]


@dataclass(frozen=True)
class Manifest:
    """What a prepared folder holds. sources: of `source_files.file_descriptions`."""

    spec: DatasetSpec
    fingerprint: str
    layout: Layout
    scale: float
    sources: list[dict[str, Any]]

    def write(self, folder: Path) -> None:
        content = {"format": FORMAT, **asdict(self)}
        (folder / "manifest.json").write_text(json.dumps(content, indent=1) + "\n")


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a prepared folder. Raises DataError where it cannot be read."""
    try:
        content = json.loads((folder / "manifest.json").read_text())
        if content.pop("format") != FORMAT:
            raise DataError(f"{folder}: written by another version of sweeper; prepare it again")
        fields: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value
            for key, value in content.pop("spec").items()
        }
        return Manifest(spec=DatasetSpec(**fields), **content)
    except FileNotFoundError:
        raise DataError(f"{folder}: no prepared dataset here (no manifest.json)") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{folder}/manifest.json: damaged ({error}); prepare it again") from error


def is_prepared(name: str, data_dir: Path) -> bool:
    """Whether `prepare` has finished for this dataset; reads no pixels."""
    return (Path(data_dir) / name / "manifest.json").is_file()


class PreparedDataset:
    """A dataset in its prepared form. See dataset.Dataset.

    Opens in milliseconds and copies nothing: the arrays are mapped, so all processes of a node
    share one copy. Pickling it sends the folder's path only.

    Raises DataError for a folder that is missing, damaged or cut short."""

    def __init__(self, folder: Path, spec: DatasetSpec | None = None) -> None:
        self.folder = Path(folder)
        self._given_spec = spec
        self.manifest = manifest = read_manifest(self.folder)
        self.fingerprint = manifest.fingerprint
        self.scale = manifest.scale
        self.layout = manifest.layout
        # Names and titles come from the code, so that they can be corrected; numbers from the file.
        self.spec = manifest.spec if spec is None else _same_data(spec, manifest.spec)
        self._images = self._map("images.npy", (self.spec.num_images, *self._stored_shape()))
        self._factors_NK = self._map(
            "factors.npy", (self.spec.num_images, len(self.spec.factor_names))
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return PreparedDataset, (self.folder, self._given_spec)

    def __len__(self) -> int:
        return self.spec.num_images

    def images(self, indices_B: np.ndarray) -> np.ndarray:
        stored = self._images[check_indices(indices_B, len(self))]
        if self.layout == "uint8":
            return stored
        pixels = np.unpackbits(stored, axis=1, count=int(np.prod(self.spec.image_CHW)))
        return pixels.reshape(-1, *self.spec.image_CHW)

    def factors(self, indices_B: np.ndarray) -> np.ndarray:
        return np.asarray(self._factors_NK[check_indices(indices_B, len(self))], dtype=np.int64)

    def all_images(self) -> np.ndarray | None:
        """Every image as one mapped array (N, C, H, W); None where they are packed bits."""
        return self._images if self.layout == "uint8" else None

    def _stored_shape(self) -> tuple[int, ...]:
        return stored_shape(self.spec, self.layout)

    def _map(self, file: str, shape: tuple[int, ...]) -> np.ndarray:
        path = self.folder / file
        try:
            array = np.load(path, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise DataError(f"{path}: missing or cut short ({error}); prepare it again") from error
        if array.shape != shape:
            raise DataError(f"{path}: shape {array.shape}, expected {shape}; prepare it again")
        return array


def stored_shape(spec: DatasetSpec, layout: Layout) -> tuple[int, ...]:
    """The shape of one stored image: C, H, W, or its number of bytes."""
    if layout == "uint8":
        return spec.image_CHW
    return (-(-int(np.prod(spec.image_CHW)) // 8),)


def _same_data(spec: DatasetSpec, found: DatasetSpec) -> DatasetSpec:
    return replace(
        spec,
        factor_names=found.factor_names,
        factor_sizes=found.factor_sizes,
        image_CHW=found.image_CHW,
        num_images=found.num_images,
        factor_grid=found.factor_grid,
    )
