"""CelebA as published: img_align_celeba.zip and two lists (Liu et al. 2015).

The centre 148 x 148 pixels of each 178 x 218 picture (rows 35 to 182, columns 15 to 162) are
brought to 128 x 128 (Pillow, bilinear). The thesis crops "following Chen et al.", who published no
crop; this is the one most public VAE code uses. As the thesis, 12% are kept, 24,312 pictures: the
first of a fixed permutation, in the order of the list. With any_size every picture is kept.

Factors are the 40 attributes: 1 where the list says 1, 0 where it says -1.

Shapes: N images, K attributes."""

import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from trainers.datasets.formats.archive import safe_members, zip_images
from trainers.datasets.formats.damage import damage_named
from trainers.datasets.formats.pictures import decoder, pillow
from trainers.datasets.published.labels import fitted
from trainers.datasets.published.reading import Checksum, PublishedFile, ReadRequest
from trainers.errors import DataError
from trainers.seeds import random_stream

ALL = 202_599
PICTURE_WH = (178, 218)
CROP = 148
ZIP = Checksum("md5", "00d2c5bc6d35e252742224ab0c1e8fcb")
ATTRIBUTES = Checksum("md5", "75e246fa4810816ffd6ee81facbd244c")
PARTITION = Checksum("md5", "d32c9cbf5e040fd4025c592c306e6668")


def read(request: ReadRequest) -> PublishedFile:
    """Images (N, 3, 128, 128) uint8, attributes (N, 40) of 0 and 1; `partition` (N,) is kept: 0
    training, 1 validation, 2 test, as the authors split."""
    path, spec = request.file(".zip"), request.spec
    attributes = request.file("list_attr_celeba.txt")
    partition = request.file("list_eval_partition.txt")
    files, values_NK = _attributes(attributes, spec.factor_names)
    if not request.any_size and len(files) != ALL:
        raise DataError(
            f"{attributes}: {len(files):,} pictures, expected {ALL:,}. "
            "A smaller list is taken with --any-size"
        )
    part_N = _partition(partition, files)
    members = _members(path, files)
    kept = np.arange(len(files)) if request.any_size else subset(len(files), spec.num_images)
    size = spec.image_CHW[1]

    def fit(picture: Any) -> Any:
        return _crop(picture).resize((size, size), pillow().Resampling.BILINEAR)

    decode = decoder(path, None if request.any_size else PICTURE_WH, fit)
    names = [members[i] for i in kept]
    return PublishedFile(
        fitted(
            spec,
            values_NK[kept],
            spec.factor_sizes,
            spec.image_CHW,
            str(attributes),
            any_size=request.any_size,
        ),
        values_NK[kept],
        lambda start: zip_images(path, names, decode, start),
        checksums={path: (ZIP,), attributes: (ATTRIBUTES,), partition: (PARTITION,)},
        arrays={"partition": part_N[kept]},
    )


def subset(total: int, wanted: int) -> np.ndarray:
    """The numbers of the pictures kept, ascending."""
    return np.sort(random_stream(0, "celeba/subset").permutation(total)[:wanted])


def _crop(picture: Any) -> Any:
    width, height = picture.size
    side = min(CROP, width, height)
    left, top = (width - side) // 2, (height - side) // 2
    return picture.crop((left, top, left + side, top + side))


def _attributes(path: Path, names: tuple[str, ...]) -> tuple[list[str], np.ndarray]:
    """File names, and attributes (N, 40) int64 of 0 and 1."""
    lines = _lines(path)
    if len(lines) < 3 or not lines[0].strip().isdigit() or tuple(lines[1].split()) != names:
        raise DataError(f"{path}: expected a count, then the names of the 40 attributes, then rows")
    files, rows = [], []
    for number, line in enumerate(lines[2:], start=3):
        file, *values = line.split()
        if len(values) != len(names) or not set(values) <= {"1", "-1"}:
            raise DataError(
                f"{path}: line {number}: expected a file name and {len(names)} values 1 or -1"
            )
        files.append(file)
        rows.append(np.array([value == "1" for value in values], dtype=np.int8))
    if int(lines[0]) != len(files):
        raise DataError(f"{path}: says {lines[0].strip()} pictures, lists {len(files):,}")
    if len(set(files)) != len(files):
        raise DataError(f"{path}: lists a file name twice")
    return files, np.stack(rows).astype(np.int64)


def _partition(path: Path, files: list[str]) -> np.ndarray:
    parts: dict[str, int] = {}
    for number, line in enumerate(_lines(path), start=1):
        words = line.split()
        if len(words) != 2 or words[1] not in ("0", "1", "2") or words[0] in parts:
            raise DataError(f"{path}: line {number}: expected a new file name and 0, 1 or 2")
        parts[words[0]] = int(words[1])
    missing = [file for file in files if file not in parts]
    if missing:
        raise DataError(f"{path}: {len(missing):,} pictures have no part, first {missing[0]}")
    return np.array([parts[file] for file in files], dtype=np.int64)


def _lines(path: Path) -> list[str]:
    with damage_named(path):
        return [line for line in path.read_text("ascii").splitlines() if line.strip()]


def _members(path: Path, files: list[str]) -> list[str]:
    with damage_named(path), zipfile.ZipFile(path) as archive:
        members = safe_members(archive, path)
    names = {name.rpartition("/")[2]: name for name in members if not name.startswith("__MACOSX/")}
    missing = [file for file in files if file not in names]
    if missing:
        raise DataError(
            f"{path}: {len(missing):,} of {len(files):,} listed pictures are missing, "
            f"first {missing[0]}"
        )
    return [names[file] for file in files]
