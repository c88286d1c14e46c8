"""Writes the prepared form, safe against kills and against a second process.

Everything is written to a hidden .NAME.partial and renamed at the end: NAME is complete or missing.
Images pass through memory in blocks of 16 MB, whatever the size of the file. The digest of each
block is written to a journal; after a kill the next call keeps the blocks whose bytes agree with
the journal, and continues after them.

Shapes: N images, n images of a block, C H W image."""

import fcntl
import hashlib
import io
import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from trainers.datasets.access.prepared import Manifest, PreparedDataset, stored_shape
from trainers.datasets.access.source_files import file_descriptions, have_changed
from trainers.datasets.published.reading import Blocks, PublishedFile
from trainers.errors import DataError

Progress = Callable[[str, int, int], None]  # description, bytes done, bytes in total
BLOCK_BYTES = 16 << 20


def write(
    reading: PublishedFile,
    data_dir: Path,
    folder: str,
    fingerprint: str,
    files: Sequence[Path],
    progress: Progress | None,
) -> PreparedDataset:
    """Writes DATA_DIR/FOLDER. The caller holds the lock. The content's digest is appended to the
    fingerprint."""
    final, partial = data_dir / folder, data_dir / f".{folder}.partial"
    final.parent.mkdir(parents=True, exist_ok=True)
    _require_space(reading, final.parent, partial)
    sources = file_descriptions(files)
    identity = {
        "sources": [{key: found[key] for key in ("name", "bytes", "sha256")} for found in sources],
        "images": [reading.spec.num_images, *stored_shape(reading.spec, reading.layout)],
        "layout": reading.layout,
    }
    try:
        digests = _write_images(reading, partial, identity, progress)
    except OSError as error:
        raise DataError(
            f"{partial}: {error.strerror or error}. Run the same command again to continue"
        ) from error
    np.save(partial / "factors.npy", reading.factors_NK.astype(np.int64))
    for name, array in reading.arrays.items():
        np.save(partial / f"{name}.npy", array)
    digests.append(hashlib.sha256((partial / "factors.npy").read_bytes()).hexdigest())
    content = hashlib.sha256("".join(digests).encode()).hexdigest()[:16]
    Manifest(
        reading.spec,
        f"{fingerprint}-{content}",
        reading.layout,
        reading.scale,
        sources,
    ).write(partial)
    if have_changed(sources, files):
        names = ", ".join(str(path) for path in files)
        raise DataError(f"{names}: changed while it was read. Run the same command again")
    (partial / "journal.jsonl").unlink()
    _put_in_place(partial, final)
    return PreparedDataset(final)


@contextmanager
def locked(data_dir: Path, name: str) -> Iterator[None]:
    """Locks a dataset for the one process that prepares it; others wait. The lock ends with the
    process."""
    lock = data_dir / f".{name}.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _require_space(reading: PublishedFile, folder: Path, partial: Path) -> None:
    shape = (reading.spec.num_images, *stored_shape(reading.spec, reading.layout))
    there = sum(file.stat().st_size for file in partial.glob("*")) if partial.exists() else 0
    needed = int(np.prod(shape)) + reading.factors_NK.size * 8 - there
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise DataError(
            f"{folder}: the prepared form needs {needed / 1e9:.1f} GB; {free / 1e9:.1f} GB are free"
        )


def _write_images(
    reading: PublishedFile, partial: Path, identity: dict[str, Any], progress: Progress | None
) -> list[str]:
    """Writes images.npy, or the rest of it after a killed call; the digests of its blocks."""
    shape = tuple(identity["images"])
    image_bytes = int(np.prod(shape[1:]))
    step = max(1, BLOCK_BYTES // image_bytes)
    digests = _resumable(partial, identity, image_bytes * step)
    _begin(partial, identity, shape, digests)
    start = len(digests) * step
    with (partial / "images.npy").open("r+b") as file, _journal(partial) as journal:
        file.seek(_data_offset(shape) + start * image_bytes)
        file.truncate()
        done = start
        for block_nCHW in regroup(reading.blocks(start), step):
            data = _stored(block_nCHW, reading)
            file.write(data)
            file.flush()
            digests.append(hashlib.sha256(data).hexdigest())
            journal.write(json.dumps(digests[-1]) + "\n")
            journal.flush()
            done += len(block_nCHW)
            if progress:
                progress("writing", done * image_bytes, shape[0] * image_bytes)
        os.fsync(file.fileno())
    if done != shape[0]:
        raise DataError(
            f"{', '.join(source['name'] for source in identity['sources'])}: "
            f"{done:,} images were read, expected {shape[0]:,}"
        )
    return digests


def _stored(block_nCHW: np.ndarray, reading: PublishedFile) -> bytes:
    if block_nCHW.shape[1:] != reading.spec.image_CHW or block_nCHW.dtype != np.uint8:
        raise DataError(
            f"{reading.spec.name}: images of {block_nCHW.dtype} {block_nCHW.shape[1:]}, "
            f"expected uint8 {reading.spec.image_CHW}"
        )
    if reading.layout == "bits":
        return np.packbits(block_nCHW.reshape(len(block_nCHW), -1), axis=1).tobytes()
    return block_nCHW.tobytes()


def regroup(blocks: Blocks, step: int) -> Blocks:
    """The same images in blocks of exactly `step`, except for the last: digests must not depend on
    the blocks of the source file."""
    kept: list[np.ndarray] = []
    count = 0
    for block in blocks:
        while count + len(block) >= step:
            head, block = block[: step - count], block[step - count :]
            yield np.concatenate([*kept, head]) if kept else head
            kept, count = [], 0
        if len(block):
            kept.append(block)
            count += len(block)
    if kept:
        yield np.concatenate(kept)


def _journal(partial: Path) -> Any:
    return (partial / "journal.jsonl").open("a")


def _resumable(partial: Path, identity: dict[str, Any], block_bytes: int) -> list[str]:
    """The digests of the complete blocks that a killed call left, up to the first damaged one."""
    try:
        first, *noted = (partial / "journal.jsonl").read_text().splitlines()
        if json.loads(first) != identity:
            return []
        digests = []
        with (partial / "images.npy").open("rb") as file:
            file.seek(_data_offset(tuple(identity["images"])))
            for line in noted:
                data = file.read(block_bytes)
                digest = json.loads(line)
                if len(data) != block_bytes or hashlib.sha256(data).hexdigest() != digest:
                    break
                digests.append(digest)
        return digests
    except (OSError, ValueError):
        return []


def _begin(
    partial: Path, identity: dict[str, Any], shape: tuple[int, ...], digests: list[str]
) -> None:
    if not digests and partial.exists():
        shutil.rmtree(partial)
    partial.mkdir(exist_ok=True)
    lines = [json.dumps(identity), *(json.dumps(digest) for digest in digests)]
    (partial / "journal.jsonl").write_text("".join(line + "\n" for line in lines))
    if not digests:
        (partial / "images.npy").write_bytes(_header(shape))


def _header(shape: tuple[int, ...]) -> bytes:
    stream = io.BytesIO()
    layout = {"descr": "|u1", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(stream, layout)
    return stream.getvalue()


def _data_offset(shape: tuple[int, ...]) -> int:
    return len(_header(shape))


def _put_in_place(partial: Path, final: Path) -> None:
    if not final.exists():
        partial.rename(final)
        return
    old = final.with_name(f".{final.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    final.rename(old)  # processes that have mapped the old files keep them
    partial.rename(final)
    shutil.rmtree(old, ignore_errors=True)
