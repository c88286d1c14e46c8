"""Downloads one file from the first of its places that delivers it, and resumes after breaks.

pooch compares the sum and renames the finished file. Bytes are kept in NAME.part next to it, with
the address and version that they came from, so that a killed or broken download continues where
it stopped. Proxies are read from HTTP_PROXY, HTTPS_PROXY and NO_PROXY."""

import json
import logging
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainers.datasets.fetching.places import RemoteFile
from trainers.datasets.writing import Progress
from trainers.errors import DataError
from trainers.words import first_line

if TYPE_CHECKING:
    from requests import Response

TIMEOUTS_S = (10, 60)  # to connect, and between two pieces of the content
PAUSE_S = 1.0  # before a broken download is continued
USER_AGENT = "disentangled-sweeps"  # Wikimedia refuses the one that requests sends by default
_CHUNK_BYTES = 1 << 20


class PlaceError(Exception):
    """A place that does not deliver the file. The message follows its address."""


def download(file: RemoteFile, folder: Path, progress: Progress | None = None) -> Path:
    """The path of the complete file, downloaded unless it is in the folder already.

    A place is tried again for as long as each attempt brings new bytes. Raises DataError with the
    reason of every place where none delivers the file, or where it cannot be written."""
    folder.mkdir(parents=True, exist_ok=True)
    reasons = []
    for url in file.urls:
        part = Part(folder / f"{file.name}.part", url, file.checksum is not None)
        while True:
            before = part.size()
            try:
                return _retrieve(file, url, folder, part, progress)
            except PlaceError as error:
                reasons.append(f"{url}: {error}")
                break
            except ConnectionError as error:
                if part.size() <= before:
                    reasons.append(f"{url}: {first_line(error)}")
                    break
                time.sleep(PAUSE_S)
    raise DataError(f"{file.name}: no place delivered it:\n" + "\n".join(reasons))


def _retrieve(
    file: RemoteFile, url: str, folder: Path, part: "Part", progress: Progress | None
) -> Path:
    import pooch

    pooch.get_logger().setLevel(logging.WARNING)
    known = f"{file.checksum.algorithm}:{file.checksum.digest}" if file.checksum else None

    def downloader(url: str, target: str, _: Any) -> None:
        part.complete(file.name, progress)
        os.replace(part.path, target)
        part.forget()

    try:
        return Path(pooch.retrieve(url, known, file.name, folder, downloader=downloader))
    except ValueError as error:  # pooch's only report of a wrong sum
        raise PlaceError(f"another file than the published one ({first_line(error)})") from error


class Part:
    """The bytes of an unfinished download and what they belong to.

    has_sum: whether a published sum will show a mixture of two versions of the file."""

    def __init__(self, path: Path, url: str, has_sum: bool) -> None:
        self.path, self.url, self.has_sum = path, url, has_sum
        self._notes = path.with_name(f"{path.name}.json")

    def size(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0

    def forget(self) -> None:
        self.path.unlink(missing_ok=True)
        self._notes.unlink(missing_ok=True)

    def complete(self, name: str, progress: Progress | None) -> None:
        """Downloads what is missing. Raises ConnectionError where the connection breaks."""
        with _failures_named(), closing(self._request()) as response:
            done = self.size() if response.status_code == 206 else 0
            length = int(response.headers.get("Content-Length", 0))
            total = done + length if length else 0
            self._require_space(length)
            with self.path.open("ab" if done else "wb") as stream:
                self._note(response)
                for chunk in response.raw.stream(_CHUNK_BYTES, decode_content=False):
                    stream.write(chunk)
                    done += len(chunk)
                    if progress:
                        progress(f"downloading {name}", done, max(total, done))
            if total and done < total:  # urllib3 1 does not compare them
                raise ConnectionError(f"the connection ended after {done:,} of {total:,} bytes")

    def _request(self) -> "Response":
        """The answer of the place: the rest of the file (206), or all of it (200)."""
        import requests

        headers = {"Accept-Encoding": "identity", "User-Agent": USER_AGENT, **self._range()}
        response = requests.get(self.url, headers=headers, stream=True, timeout=TIMEOUTS_S)
        if response.status_code == 416:  # the kept bytes are not the beginning of this file
            response.close()
            self.forget()
            return self._request()
        if response.status_code not in (200, 206):
            raise PlaceError(f"{response.status_code} {response.reason}")
        if response.headers.get("Content-Type", "").startswith("text/html"):
            raise PlaceError("a web page in place of the file")
        return response

    def _range(self) -> dict[str, str]:
        """The request's headers that ask for the rest of the same version of the file."""
        try:
            notes = json.loads(self._notes.read_text())
        except (OSError, ValueError):
            notes = {}
        version = notes.get("version")
        if not self.size() or notes.get("url") != self.url or not (version or self.has_sum):
            return {}
        return {"Range": f"bytes={self.size()}-"} | ({"If-Range": version} if version else {})

    def _note(self, response: "Response") -> None:
        tag = response.headers.get("ETag", "")
        strong = tag if tag and not tag.startswith("W/") else None  # as If-Range requires
        version = strong or response.headers.get("Last-Modified")
        self._notes.write_text(json.dumps({"url": self.url, "version": version}))

    def _require_space(self, missing: int) -> None:
        free = shutil.disk_usage(self.path.parent).free
        if missing > free:
            raise DataError(
                f"{self.path.parent}: {missing / 1e9:.1f} GB are to be downloaded; "
                f"{free / 1e9:.1f} GB are free"
            )


@contextmanager
def _failures_named() -> Iterator[None]:
    """Turns what requests and urllib3 raise into ConnectionError, and a full disk into DataError.

    Both libraries derive some of their errors from OSError."""
    import requests
    import urllib3

    try:
        yield
    except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
        raise ConnectionError(first_line(error)) from error
    except ConnectionError:
        raise
    except OSError as error:
        raise DataError(
            f"{error.filename or 'the download'}: {error.strerror or error}. "
            "Run the same command again to continue"
        ) from error
