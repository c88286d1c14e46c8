"""Pictures of the MLflow UI over the store in the working folder: its runs, and the best one.

python docs/tools/mlflow_pictures.py FOLDER     # needs Chromium and the extra `browser`"""

import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

PORT = 5055


def main(folder: str) -> None:
    from playwright.sync_api import sync_playwright

    command = [sys.executable, "-m", "sweeper", "ui", "--port", str(PORT)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        address = _address(server)
        with sync_playwright() as playwright:
            chromium = shutil.which("chromium")
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 1400, "height": 760})
            page.set_default_timeout(120_000)
            _draw(page, address, Path(folder))
    finally:
        server.terminate()


def _address(server: "subprocess.Popen[str]") -> str:
    assert server.stdout is not None
    for line in server.stdout:
        if line.startswith("MLflow UI: "):
            return line.split()[2]
    raise SystemExit(f"no MLflow UI on port {PORT}")


def _draw(page: Any, address: str, folder: Path) -> None:
    page.goto(address)
    link = page.get_by_role("link", name="b64 ").first
    link.wait_for()
    _close_panels(page)
    page.wait_for_timeout(2000)
    page.screenshot(path=folder / "mlflow_runs.png")
    page.set_viewport_size({"width": 1400, "height": 1350})
    link.click()
    page.get_by_text("About this run").first.wait_for()
    _close_panels(page)
    page.get_by_text("Show more").first.click()
    page.wait_for_timeout(4000)
    page.screenshot(path=folder / "mlflow_run.png")


def _close_panels(page: Any) -> None:
    """Closes the assistant and the notice about the shared view."""
    page.wait_for_timeout(3000)
    buttons = page.get_by_role("button", name="Close")
    for _ in range(buttons.count()):
        buttons.first.click()
        page.wait_for_timeout(500)


if __name__ == "__main__":
    socket.setdefaulttimeout(10)
    main(sys.argv[1])
