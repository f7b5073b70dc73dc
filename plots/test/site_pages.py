"""Pages in a headless browser, as a reader of the explorer would meet them."""

from __future__ import annotations

import contextlib
import functools
import http.server
import json
import shutil
import threading
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Tuple
from urllib.parse import unquote, urlsplit

import pytest

from results import load
from results.test import specimen

DRAWN = "return Number(document.body.dataset.drawn || 0)"
QUIET = ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage")

# Boxes of the texts that are seen, in CSS pixels: of each line of a text in HTML, of each text in SVG,
# and of each letter of one that is turned.
TEXTS = """
const found = [];
const add = (text, box) => found.push([text.trim().slice(0, 40), box.left, box.top, box.right, box.bottom]);
const letters = (drawn) => {
  const place = drawn.getScreenCTM();
  if (!place.b) return add(drawn.textContent, drawn.getBoundingClientRect());
  for (let index = 0; index < drawn.getNumberOfChars(); index++) {
    const { x, y, width, height } = drawn.getExtentOfChar(index);
    const corners = [[x, y], [x + width, y], [x, y + height], [x + width, y + height]]
      .map(([left, top]) => new DOMPoint(left, top).matrixTransform(place));
    const [xs, ys] = [corners.map((corner) => corner.x), corners.map((corner) => corner.y)];
    add(drawn.textContent, { left: Math.min(...xs), top: Math.min(...ys), right: Math.max(...xs), bottom: Math.max(...ys) });
  }
};
const unseen = "script, noscript, option, .spoken, .skip, .list, .wide";
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const node = walker.currentNode;
  const parent = node.parentElement;
  if (!node.textContent.trim() || parent.closest(unseen) || !parent.checkVisibility()) continue;
  const range = document.createRange();
  range.selectNodeContents(node);
  if (parent.closest("svg")) letters(parent.closest("text"));
  else for (const box of range.getClientRects()) add(node.textContent, box);
}
return found;
"""


class Reader:
    """A browser, and what it saw since it opened a page."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def open(self, url: str, width: int = 1400, scheme: str = "light") -> None:
        """Opens the page anew, at that width and in that colour scheme."""
        self.driver.get("about:blank")
        self.log("browser")
        self.log("performance")
        size = {"width": width, "height": 1000, "deviceScaleFactor": 1, "mobile": False}
        media = [{"name": "prefers-color-scheme", "value": scheme}]
        self.command("Emulation.setDeviceMetricsOverride", **size)
        self.command("Emulation.setEmulatedMedia", features=media)
        self.driver.get(url)
        if "compare.html" in url:
            self.wait(1)

    def until(self, holds: Callable[[], bool]) -> None:
        """Waits for what the page does in its own time; TimeoutException if it never does."""
        from selenium.webdriver.support.ui import WebDriverWait

        WebDriverWait(self.driver, 30, 0.02).until(lambda _: holds())

    def wait(self, drawn: int) -> None:
        """Until the page for comparing has drawn so often."""
        self.until(lambda: self.script(DRAWN) >= drawn)

    def command(self, name: str, **parameters: Any) -> Dict[str, Any]:
        """One of the browser's own protocol."""
        done: Dict[str, Any] = self.driver.execute_cdp_cmd(name, parameters)
        return done

    def script(self, text: str, *arguments: Any) -> Any:
        """What the script returns."""
        return self.driver.execute_script(text, *arguments)

    def log(self, kind: str) -> List[Dict[str, Any]]:
        """What was logged since the last time."""
        found: List[Dict[str, Any]] = self.driver.get_log(kind)
        return found

    def requests(self) -> List[str]:
        """The addresses asked for since the page was opened."""
        messages = [
            json.loads(line["message"])["message"] for line in self.log("performance")
        ]
        return [
            message["params"]["request"]["url"]
            for message in messages
            if message["method"] == "Network.requestWillBeSent"
        ]

    def choose(self, name: str, value: str) -> None:
        """Chooses in the select with that id, or that is for that axis, and waits for the figure."""
        before = self.script(DRAWN)
        self.script(
            "const select = document.getElementById(arguments[0]) ||"
            " document.querySelector(`select[data-axis=${arguments[0]}]`);"
            "select.value = arguments[1];"
            "if (select.value !== arguments[1]) throw new Error(`no ${arguments[1]}`);"
            "select.dispatchEvent(new Event('change', {bubbles: true}));",
            name,
            value,
        )
        self.wait(before + 1)

    def click(self, selector: str) -> None:
        """Clicks the first such element, and waits for the figure."""
        before = self.script(DRAWN)
        self.script("document.querySelector(arguments[0]).click()", selector)
        self.wait(before + 1)

    def text(self, selector: str) -> str:
        """The words of the first such element."""
        found: str = self.script(
            "return document.querySelector(arguments[0]).textContent", selector
        )
        return found

    def figures(self) -> List[List[str]]:
        """The rows of the table of figures, which is opened."""
        before = self.script(DRAWN)
        if self.script(
            "const box = document.getElementById('table');"
            "return box.open ? false : (box.open = true)"
        ):
            self.wait(before + 1)
        rows: List[List[str]] = self.script(
            "return [...document.querySelectorAll('#table tbody tr')]"
            ".map((row) => [...row.cells].map((cell) => cell.textContent))"
        )
        return rows

    def touching(self) -> List[Tuple[str, str]]:
        """Pairs of texts that overlap by more than a pixel."""
        boxes = sorted(self.script(TEXTS), key=lambda box: box[2])
        found = []
        for place, (one, left, _, right, bottom) in enumerate(boxes):
            for other, left_2, top_2, right_2, _ in boxes[place + 1 :]:
                if top_2 > bottom - 1:
                    break
                beside = left_2 > right - 1 or left > right_2 - 1
                if not beside and one != other:
                    found.append((one, other))
        return found


def start_browser() -> Any:
    """A headless Chromium; skips the test where something of it is missing."""
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is missing")
    from selenium.webdriver.chrome.service import Service

    browser, controller = (shutil.which(name) for name in ("chromium", "chromedriver"))
    if not browser or not controller:
        pytest.skip("chromium or chromedriver is missing")
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for option in QUIET:
        options.add_argument(option)
    options.set_capability(
        "goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"}
    )
    return webdriver.Chrome(service=Service(controller), options=options)


class Silent(http.server.SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, *_: Any) -> None:
        pass


@contextlib.contextmanager
def served(folder: Path) -> Iterator[str]:
    """The folder's address on a web server of this process."""
    handler = functools.partial(Silent, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def file_of(url: str, base: str, folder: Path) -> Path:
    """The file that a request below the base address is for."""
    assert url.startswith(base), f"{url} leaves the pages"
    return folder / unquote(urlsplit(url[len(base) :]).path).lstrip("/")


def change_machine(folder: Path, **more: Any) -> None:
    """Puts other facts into a dataset's machine.json."""
    path = folder / "machine.json"
    machine = load.read_json(path)
    machine["cpu"].update(more.pop("cpu", {}))
    path.write_text(json.dumps({**machine, **more}), encoding="utf-8")


def change_created(folder: Path, created: str) -> None:
    """Makes it a run of another time."""
    package = load.read_json(folder / load.PACKAGE)
    specimen.write_package(folder, {**package, "created": created})
