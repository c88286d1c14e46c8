"""A real Chromium, and the MLflow UI as `sweeper ui` opens it.

The browser is Debian's, driven by Playwright's Python package, which downloads none. Where either
is missing the tests are skipped; with SWEEPER_NEEDS_BROWSER set, as in CI, they fail."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.browser.store import write_store

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "artefacts" / "browser"
_QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


@pytest.fixture(scope="session")
def chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found and find_spec("playwright"):
        return found
    message = "needs Chromium (apt-get install chromium) and playwright (pip install '.[browser]')"
    if os.environ.get("SWEEPER_NEEDS_BROWSER"):
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture(scope="session")
def uri(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_store(tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="session")
def address(uri: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address that `sweeper ui` prints, once the server answers there."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = tmp_path_factory.mktemp("ui") / "log"
    code = "from sweeper.cli import main; main()"
    command = [sys.executable, "-c", code, "ui", "--tracking-uri", uri, "--port", str(port)]
    with log.open("w") as file:
        server = subprocess.Popen(
            command, cwd=ROOT, stdout=file, stderr=file, env=os.environ | {"PYTHONWARNINGS": ""}
        )
    try:
        _wait(f"http://127.0.0.1:{port}/health", server, log)
        yield log.read_text().split("MLflow UI: ")[1].split(" ")[0]
    finally:
        server.terminate()
        assert server.wait(30) == 0


def _wait(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(240):
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            assert server.poll() is None, log.read_text()
            time.sleep(0.5)
    pytest.fail(f"the MLflow UI does not answer: {log.read_text()}")


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium, headless=True, args=_QUIET)
        yield found
        found.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A page tall enough for 37 rows, which the table would else draw only when scrolled to."""
    context = browser.new_context(viewport={"width": 1500, "height": 1750})
    page = context.new_page()
    page.set_default_timeout(60_000)
    yield page
    context.close()


@pytest.fixture
def keep(page: Any) -> Any:
    """Keeps a screenshot under artefacts/browser/, for whoever wants to look."""
    PICTURES.mkdir(parents=True, exist_ok=True)

    def shoot(name: str, **where: Any) -> None:
        page.screenshot(path=PICTURES / f"{name}.png", **where)

    return shoot
