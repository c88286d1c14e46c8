"""`sweeper data fetch`: downloads a dataset's files and prepares them."""

import os
import shutil
from pathlib import Path
from urllib.parse import urlsplit

from trainers.datasets.access.prepared import PreparedDataset, is_prepared
from trainers.datasets.fetching.download import download
from trainers.datasets.fetching.places import DOWNLOADS, Download
from trainers.datasets.opener import unknown_dataset
from trainers.datasets.prepare import prepare
from trainers.datasets.writing import Progress, locked
from trainers.errors import DataError

PROXIES = ("https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY")


def downloads_folder(name: str, data_dir: Path) -> Path:
    """Where the files of a dataset are downloaded to."""
    return data_dir / "downloads" / name


def fetch(
    name: str, data_dir: Path | str, *, keep: bool = False, progress: Progress | None = None
) -> PreparedDataset:
    """Downloads the published files to DATA_DIR/downloads/NAME and prepares DATA_DIR/NAME.

    keep: leave the downloaded files after they are prepared.

    Does nothing for a dataset that is prepared. A second call continues a broken download. Raises
    DataError with the reason of every place and the steps by hand where no place delivers a file.
    """
    if name not in DOWNLOADS:
        raise unknown_dataset(name)
    data_dir = Path(data_dir)
    folder = downloads_folder(name, data_dir)
    with locked(data_dir, f"{name}.download"):
        if is_prepared(name, data_dir):
            return PreparedDataset(data_dir / name)
        wanted = DOWNLOADS[name]
        try:
            paths = [download(file, folder, progress) for file in wanted.files]
        except DataError as error:
            raise DataError(f"{error}\n{by_hand(name, wanted, data_dir)}") from error
        dataset = prepare(name, paths, data_dir, progress=progress)
        if not keep:
            shutil.rmtree(folder)
    return dataset


def by_hand(name: str, wanted: Download, data_dir: Path) -> str:
    """What to do without a download: behind a proxy, offline, or when links are dead."""
    files = ", ".join(file.name for file in wanted.files)
    return (
        f"{_proxies()} Run the same command again to continue. By hand: on a machine with access, "
        f"download {files} (see {wanted.page}), copy to a folder here and run "
        f"`sweeper data prepare {name} --source FOLDER --data {data_dir}`."
    )


def _proxies() -> str:
    """The proxies of the environment, without their passwords."""
    found = {}
    for variable in PROXIES:
        if address := os.environ.get(variable):
            parts = urlsplit(address)
            found[variable] = f"{parts.hostname or address}:{parts.port or ''}".rstrip(":")
    if not found:
        return "No proxy is set; if this network has one, set HTTPS_PROXY and HTTP_PROXY."
    return "Proxies: " + ", ".join(f"{key} = {value}" for key, value in found.items()) + "."
