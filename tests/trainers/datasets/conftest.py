"""Published layouts in miniature, made by the tests.

Each maker writes files as their authors lay them out and returns what a reader should find: the
sources, images (N, C, H, W) and classes (N, K)."""

import gzip
import io
import struct
import tarfile
import zipfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import h5py
import numpy as np
import pytest
from PIL import Image

from trainers.specs.datasets import CELEBA_ATTRIBUTES


@dataclass
class Made:
    sources: list[Path]
    images: np.ndarray
    classes: np.ndarray


def grid(sizes):
    return np.stack(np.unravel_index(np.arange(np.prod(sizes)), sizes), axis=1)


def noise(*shape, below=256):
    return np.random.default_rng(0).integers(0, below, shape).astype(np.uint8)


def dsprites(folder, container="npz", sizes=(2, 1, 3, 2, 2)):
    classes = grid(sizes)
    images = noise(len(classes), 64, 64, below=2)
    latents = np.concatenate([np.zeros_like(classes[:, :1]), classes], axis=1)
    name = "dsprites_ndarray_co1sh3sc6or40x32y32_64x64"
    if container == "npz":
        path = folder / f"{name}.npz"
        metadata = np.array({"title": "a pickle"}, dtype=object)
        np.savez_compressed(
            path,
            imgs=images,
            latents_classes=latents,
            latents_values=latents / 2,
            metadata=metadata,
        )
    else:
        path = folder / f"{name}.hdf5"
        with h5py.File(path, "w") as file:
            file.create_dataset("imgs", data=images, chunks=(5, 2, 4), compression="gzip")
            file["latents/classes"] = latents
            file["latents/values"] = latents / 2
    return Made([path], images[:, None], classes)


def mpi3d(folder, count=7, file="real3d_complicated_shapes_ordered.npz"):
    images = noise(count, 64, 64, 3)
    path = folder / file
    np.savez(path, images=images)
    classes = np.zeros((count, 7), int)
    classes[:, 6] = np.arange(count)
    return Made([path], images.transpose(0, 3, 1, 2), classes)


def nvidia(folder, root, label_file, sizes, size=8, labels=None):
    classes = grid(sizes)
    images = noise(len(classes), size, size, 3)
    if labels is None:
        steps = np.maximum(np.array(sizes) - 1, 1)
        labels = (classes / steps).astype(np.float32)
    payload = io.BytesIO()
    np.save(payload, labels)
    path = folder / f"{root}.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in reversed(range(len(images))):
            picture = io.BytesIO()
            Image.fromarray(images[number]).save(picture, format="PNG")
            archive.writestr(f"{root}/images/{number:06d}.png", picture.getvalue())
        archive.writestr(f"{root}/{label_file}", payload.getvalue())
    return Made([path], images.transpose(0, 3, 1, 2), classes)


def falcor3d(folder, sizes=(2, 3, 1, 2, 1, 1, 6), **more):
    return nvidia(folder, "Falcor3D_down128", "train-rec.labels", sizes, **more)


def isaac3d(folder, sizes=(3, 8, 1, 1, 1, 1, 1, 1, 2), **more):
    return nvidia(folder, "Isaac3D_down128", "labels.npy", sizes, **more)


def celeba(folder, count=6):
    rng = np.random.default_rng(0)
    classes = rng.integers(0, 2, (count, 40))
    files = [f"{number:06d}.jpg" for number in range(1, count + 1)]
    # Red is the row, green the column, blue the picture: so the pixels show the crop.
    row, column = np.mgrid[0:218, 0:178]
    with zipfile.ZipFile(folder / "img_align_celeba.zip", "w") as archive:
        for number, file in enumerate(files):
            pixels = np.stack([row, column, np.full_like(row, 30 * number)], axis=2)
            picture = io.BytesIO()
            image = Image.fromarray(pixels.astype(np.uint8))
            image.save(picture, format="JPEG", quality=98, subsampling=0)
            archive.writestr(f"img_align_celeba/{file}", picture.getvalue())
    rows = [
        file + "".join(f" {2 * value - 1:2d}" for value in row)
        for file, row in zip(files, classes, strict=True)
    ]
    header = [str(count), " ".join(CELEBA_ATTRIBUTES)]
    (folder / "list_attr_celeba.txt").write_text("\n".join(header + rows) + "\n")
    (folder / "list_eval_partition.txt").write_text(
        "".join(f"{file} {number % 3}\n" for number, file in enumerate(files))
    )
    sources = ["img_align_celeba.zip", "list_attr_celeba.txt", "list_eval_partition.txt"]
    middles = (np.arange(128) + 0.5) * 148 / 128 - 0.5
    images = np.zeros((count, 3, 128, 128))
    images[:, 0] = 35 + middles[:, None]  # rows 35 to 182
    images[:, 1] = 15 + middles[None, :]  # columns 15 to 162
    images[:, 2] = 30 * np.arange(count)[:, None, None]
    return Made([folder / name for name in sources], images, classes)


def shapes3d(folder, sizes=(2, 2, 1, 3, 1, 2)):
    classes = grid(sizes)
    images = noise(len(classes), 64, 64, 3)
    labels = classes * np.array([0.1, 0.1, 0.1, 0.07142857, 1, 4.28571429])
    labels += [0, 0, 0, 0.75, 0, -30]
    with h5py.File(folder / "3dshapes.h5", "w") as file:
        file.create_dataset("images", data=images, chunks=(7, 16, 16, 3), compression="gzip")
        file["labels"] = labels
    return Made([folder / "3dshapes.h5"], images.transpose(0, 3, 1, 2), classes)


def cars3d(folder, cars=3):
    from scipy.io import savemat

    names = [f"car_{number:03d}_mesh" for number in (2, 0, 1)[:cars]]
    colors = noise(cars, 3, 24, 4)
    path = folder / "nips2015-analogy-data.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name in sorted(names):
            im = np.broadcast_to(colors[names.index(name)], (128, 128, 3, 24, 4))
            data = io.BytesIO()
            savemat(data, {"im": im}, do_compression=True)
            _add(archive, f"data/cars/{name}.mat", data.getvalue())
        _add(archive, "data/cars/list.txt", "".join(f"{name}\n" for name in names).encode())
    classes = grid((4, 24, cars))
    flat = colors.transpose(3, 2, 0, 1).reshape(-1, 3)
    return Made([path], np.broadcast_to(flat[:, :, None, None], (*flat.shape, 64, 64)), classes)


def _add(archive, name, data):
    info = tarfile.TarInfo(name)
    info.size = len(data)
    archive.addfile(info, io.BytesIO(data))


def smallnorb(folder, count=4):
    sources, images, classes = [], [], []
    rng = np.random.default_rng(0)
    for part in ("5x46789x9x18x6x2x96x96-training", "5x01235x9x18x6x2x96x96-testing"):
        gray = rng.integers(0, 256, (count, 2)).astype(np.uint8)
        some = np.stack([rng.integers(0, m, count) for m in (5, 10, 9, 18, 6)], axis=1)
        dat = np.broadcast_to(gray[:, :, None, None], (count, 2, 96, 96))
        info = some[:, 1:] * [1, 1, 2, 1]
        for kind, array in (("dat", dat), ("cat", some[:, 0]), ("info", info)):
            path = folder / f"smallnorb-{part}-{kind}.mat.gz"
            path.write_bytes(gzip.compress(norb_bytes(array, kind), 1))
            sources.append(path)
        images.append(np.broadcast_to(gray[:, :1, None, None], (count, 1, 64, 64)))
        classes.append(some)
    return Made(sources, np.concatenate(images), np.concatenate(classes))


def norb_bytes(array, kind):
    magic, dtype = (0x1E3D4C55, "u1") if kind == "dat" else (0x1E3D4C54, "<i4")
    sizes = (*array.shape, 1, 1)[: max(3, array.ndim)]
    header = struct.pack(f"<II{len(sizes)}i", magic, array.ndim, *sizes)
    return header + np.ascontiguousarray(array, dtype).tobytes()


MAKERS = {
    "dsprites": dsprites,
    "mpi3d": mpi3d,
    "falcor3d": falcor3d,
    "isaac3d": isaac3d,
    "celeba": celeba,
    "shapes3d": shapes3d,
    "cars3d": cars3d,
    "smallnorb": smallnorb,
    "mpi3d_toy": partial(mpi3d, file="mpi3d_toy.npz"),
    "mpi3d_realistic": partial(mpi3d, file="mpi3d_realistic.npz"),
    "mpi3d_real": partial(mpi3d, file="mpi3d_real.npz"),
}


@pytest.fixture
def layouts():
    """The makers, by dataset name, and some of their parts."""
    return SimpleNamespace(**MAKERS, by_name=MAKERS, norb_bytes=norb_bytes)
