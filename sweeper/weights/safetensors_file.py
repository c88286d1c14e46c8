"""Arrays in the safetensors format: 8 bytes of header length, JSON header, raw little-endian data.

The format needs no more than this, so the package of that name is no dependency; a test has it
read what is written here."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from trainers.files import write_then_rename

_NAMES = {"float32": "F32", "float64": "F64", "float16": "F16", "int64": "I64", "int32": "I32"}
_ALIGNMENT = 8


def write_safetensors(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Writes the arrays, under a temporary name first. Raises KeyError for a dtype without name."""
    header: dict[str, object] = {}
    start = 0
    for name, array in arrays.items():
        end = start + array.nbytes
        kind = _NAMES[str(array.dtype)]
        header[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": [start, end]}
        start = end
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % _ALIGNMENT)
    with write_then_rename(path) as temporary, temporary.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for array in arrays.values():
            little = array.astype(array.dtype.newbyteorder("<"), copy=False)
            file.write(np.ascontiguousarray(little).tobytes())
