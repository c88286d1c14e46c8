"""A complete dataset in device memory, from which minibatches are gathered.

Shapes: N images, B batch, C H W image, P bytes of a packed image."""

import logging
from math import prod
from typing import Protocol
from weakref import WeakValueDictionary

import numpy as np
import torch
from torch import Tensor

from trainers.datasets.access.dataset import Dataset
from trainers.running.device_lock import device_lock

log = logging.getLogger(__name__)

_BLOCK = 8192  # images copied at a time
_SHARE = 0.6  # of the free memory, the most that a dataset may take


class ImageTable(Protocol):
    """Images by index, in device memory; equal to `dataset.images`."""

    def gather(self, indices_B: Tensor) -> Tensor:
        """(B, C, H, W) uint8, or any other shape of indices before C, H, W. Reads nothing back to
        the host."""
        ...


class ByteTable:
    """One byte per value of images, four per value of float32."""

    def __init__(self, images_NCHW: np.ndarray, device: torch.device) -> None:
        self._images_NCHW = torch.empty(
            images_NCHW.shape, dtype=torch.from_numpy(images_NCHW[:1].copy()).dtype, device=device
        )
        for start in range(0, len(images_NCHW), _BLOCK):
            block = np.array(images_NCHW[start : start + _BLOCK])
            self._images_NCHW[start : start + _BLOCK].copy_(torch.from_numpy(block))

    def gather(self, indices_B: Tensor) -> Tensor:
        found = self._images_NCHW.index_select(0, indices_B.flatten())
        return found.reshape(*indices_B.shape, *self._images_NCHW.shape[1:])


class BitTable:
    """One bit per pixel, for images of 0 and 1: dSprites takes 0.4 GB instead of 3.

    Raises ValueError if an image has any other value."""

    def __init__(self, dataset: Dataset, device: torch.device) -> None:
        self._image_CHW = dataset.spec.image_CHW
        width = -(-prod(self._image_CHW) // 8)
        self._packed_NP = torch.empty((len(dataset), width), dtype=torch.uint8, device=device)
        for start in range(0, len(dataset), _BLOCK):
            images = dataset.images(np.arange(start, min(start + _BLOCK, len(dataset))))
            if images.dtype != np.uint8 or images.max() > 1:
                raise ValueError("not binary")
            packed = np.packbits(images.reshape(len(images), -1), axis=1, bitorder="little")
            self._packed_NP[start : start + _BLOCK].copy_(torch.from_numpy(packed))
        self._shifts_8 = torch.arange(8, dtype=torch.uint8, device=device)

    def gather(self, indices_B: Tensor) -> Tensor:
        bytes_BP = self._packed_NP.index_select(0, indices_B.flatten())
        bits_BP8 = (bytes_BP[:, :, None] >> self._shifts_8) & 1
        flat = bits_BP8.flatten(1)[:, : prod(self._image_CHW)]
        return flat.reshape(*indices_B.shape, *self._image_CHW)


_tables: WeakValueDictionary[tuple[str, str], ByteTable | BitTable] = WeakValueDictionary()


def image_table(dataset: Dataset, device: torch.device) -> ImageTable | None:
    """The dataset in the memory of the device, shared by all trainings of this process.

    None if its memory does not suffice, or if the images would have to be rendered one by one;
    minibatches are then copied to the device in chunks, with the same results."""
    key = dataset.fingerprint, str(device)
    with device_lock(device):
        table = _tables.get(key)
        if table is None and (table := _copied(dataset, device)) is not None:
            _tables[key] = table
    return table


def _copied(dataset: Dataset, device: torch.device) -> ByteTable | BitTable | None:
    """The dataset copied to the device, or None if its memory does not suffice."""
    try:
        return _fitting(dataset, device)
    except torch.OutOfMemoryError:
        log.warning("%s does not fit on %s; its images are streamed", dataset.fingerprint, device)
    torch.cuda.empty_cache()  # after the handler, whose traceback holds the partial table
    return None


def _fitting(dataset: Dataset, device: torch.device) -> ByteTable | BitTable | None:
    size = len(dataset) * prod(dataset.spec.image_CHW)
    if dataset.scale == 1.0 and size / 8 <= _free_bytes(device):
        try:
            return BitTable(dataset, device)
        except ValueError:
            pass  # the images are not binary
    images_NCHW = dataset.all_images()
    if images_NCHW is None or size * images_NCHW.itemsize > _free_bytes(device):
        return None
    return ByteTable(images_NCHW, device)


def _free_bytes(device: torch.device) -> float:
    """The bytes that a dataset may take now."""
    if device.type != "cuda":
        return float("inf")
    return _SHARE * torch.cuda.mem_get_info(device)[0]
