"""Addresses: of databases and of artifacts, made from paths and turned back into paths.

Each address is quoted and read by the rules of the library that opens it: SQLAlchemy's for a
database, MLflow's (`url2pathname`) for a folder of artifacts. No other file does either."""

import os
from pathlib import Path
from urllib.parse import urlparse
from urllib.request import url2pathname

from sweeper.errors import TrackingError
from sweeper.messages import mask_credentials

DATABASES = ("postgresql", "mysql", "mssql")
_SQLITE = "sqlite:///"


def sqlite_uri(path: Path) -> str:
    """The tracking URI of an SQLite file, whatever characters its path has."""
    place = os.path.abspath(path)
    if not set(place) & set("%?#"):
        return f"{_SQLITE}{place}"
    from sqlalchemy.engine import URL

    return URL.create("sqlite", database=place).render_as_string()


def relative_sqlite_uri(path: Path) -> str:
    """The URI for a process that works in the folder of `path`."""
    from sqlalchemy.engine import URL

    return URL.create("sqlite", database=path.name).render_as_string()


def sqlite_path(uri: str) -> Path | None:
    """The file of a `sqlite:///` URI, or None for any other URI."""
    if not uri.startswith("sqlite:"):
        return None
    place = uri.removeprefix(_SQLITE)
    if "%" in uri or "?" in uri:
        from sqlalchemy.engine import make_url

        place = make_url(uri).database or ""
    if not uri.startswith(_SQLITE) or not place:
        raise TrackingError(
            f"tracking URI {mask_credentials(uri)!r} names no file; write sqlite:///mlflow.db"
        )
    return Path(place)


def is_server(uri: str) -> bool:
    """Whether a URI is that of a tracking server; any other one is that of a database."""
    return uri.startswith(("http://", "https://"))


def check_uri(uri: str) -> None:
    """Refuse a URI that no store can have. Raises TrackingError."""
    scheme = uri.split(":")[0].split("+")[0] if ":" in uri else ""
    if sqlite_path(uri) is not None or scheme in ("http", "https", *DATABASES):
        return
    if scheme in ("file", ""):
        folder = uri.removeprefix("file://").removeprefix("file:") or "mlruns"
        raise TrackingError(
            f"tracking URI {mask_credentials(uri)!r} names MLflow's file store, which "
            f"MLflow 3.13 and newer refuse. Move it into a database: "
            f"mlflow migrate-filestore --source {folder} --target sqlite:///mlflow.db"
        )
    raise TrackingError(
        f"tracking URI {mask_credentials(uri)!r} has an unknown scheme {scheme!r}. "
        f"Known: sqlite, http, https, {', '.join(DATABASES)}"
    )


def artifact_uri(folder: Path) -> str:
    """The address of a folder of artifacts on this machine."""
    return Path(os.path.abspath(folder)).as_uri()


def artifact_path(uri: str) -> Path | None:
    """The folder of an artifact address, or None for one that is not on this machine."""
    if uri.startswith("/"):
        return Path(url2pathname(uri))
    parsed = urlparse(uri)
    return Path(url2pathname(parsed.path)) if parsed.scheme == "file" else None
