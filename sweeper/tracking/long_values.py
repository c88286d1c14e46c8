"""Values that are longer than MLflow keeps: the whole text is an artifact, its beginning the value.

MLflow cuts a parameter at 6,000 characters and a tag at 8,000, without a message. A cut value ends
with a line that names the artifact, for readers of MLflow's UI and for `reading`."""

from urllib.parse import quote

LIMITS = {"params": 6000, "tags": 8000}  # characters, of MLflow 3.17
NAME_LIMIT = (
    250  # characters of a run's name, which nothing reads; a column of PostgreSQL ends there
)
_FOLDER = "texts"
_START, _END = "\n[the whole text: artifact ", "]"


def artifact_of(kind: str, key: str) -> str:
    """The artifact of a long value. kind: 'params' or 'tags'."""
    return f"{_FOLDER}/{kind}/{quote(key, safe='')}.txt"


def is_long(kind: str, value: str) -> bool:
    return len(value) > LIMITS[kind]


def shortened(kind: str, key: str, value: str) -> str:
    """The value that MLflow is given: whole lines from the beginning, and where the rest is."""
    note = f"{_START}{artifact_of(kind, key)}{_END}"
    start = value[: LIMITS[kind] - len(note)]
    return (start.rpartition("\n")[0] or start) + note


def is_shortened(kind: str, key: str, value: str) -> bool:
    """Whether a stored value is one that `shortened` made."""
    return value.endswith(_END) and value.endswith(f"{_START}{artifact_of(kind, key)}{_END}")
