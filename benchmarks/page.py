"""Two runs of very many questions on the page: how long Compare takes, how long no frame is drawn, and memory.

    CALM_RELEASE_DIR=... python -m benchmarks.page
    CALM_RELEASE_DIR=... python -m benchmarks.page --questions 1000 10000

The runs are those of `benchmarks.report`, in English, Chinese and French. Memory is what the page's process has
resident, all of its threads together.
"""

from __future__ import annotations

import argparse
import contextlib
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

from benchmarks.record import measured, save, table
from benchmarks.report import write_runs
from calm_harness.questions import load
from calm_harness.report.page.render import FOLDER, PAGE

LANGUAGES = ("en", "zh", "fr")
WATCH = """() => {
  window.longest = 0;
  let last = performance.now();
  const frame = () => {
    const now = performance.now();
    window.longest = Math.max(window.longest, now - last);
    last = now;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}"""


def renderer(before: set[int]) -> psutil.Process:
    """Return the process of the page: of the browser's new ones that render, the largest."""
    fresh = [each for each in psutil.Process().children(recursive=True) if each.pid not in before]
    drawing = [each for each in fresh if "--type=renderer" in each.cmdline()]
    return max(drawing, key=lambda each: each.memory_info().rss)


@contextlib.contextmanager
def peak(process: psutil.Process) -> Iterator[list[float]]:
    """Watch a process; the list ends with the most memory that it had, in megabytes."""
    found, done = [0.0], threading.Event()

    def watch() -> None:
        while not done.wait(0.02):
            found[0] = max(found[0], process.memory_info().rss / 2**20)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield found
    finally:
        done.set()
        thread.join()


def look(page: Path) -> dict[str, float]:
    """Open the page and compare its two runs."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--headless", "--no-sandbox", "--disable-gpu"]
        )
        before = {each.pid for each in psutil.Process().children(recursive=True)}
        tab = browser.new_page()
        start = time.perf_counter()
        tab.goto(page.resolve().as_uri(), timeout=600_000)
        tab.wait_for_selector("body[data-ready=ranking]", timeout=600_000)
        found = {"first_view_s": time.perf_counter() - start}
        process = renderer(before)
        found["first_view_mb"] = process.memory_info().rss / 2**20
        tab.evaluate(WATCH)
        time.sleep(5)
        found["idle_blocked_ms"] = tab.evaluate("window.longest")  # by other work of the machine
        tab.evaluate("window.longest = 0")
        spent = sum(process.cpu_times()[:2])
        with peak(process) as most:
            start = time.perf_counter()
            tab.click("#tab-compare", no_wait_after=True)
            tab.wait_for_selector("#compare table >> nth=0", timeout=1_200_000)
            found["compare_s"] = time.perf_counter() - start
        found["compare_cpu_s"] = sum(process.cpu_times()[:2]) - spent
        found |= {"blocked_ms": tab.evaluate("window.longest"), "compare_mb": most[0]}
        tab.context.new_cdp_session(tab).send("HeapProfiler.collectGarbage")
        time.sleep(1)
        found["after_mb"] = process.memory_info().rss / 2**20
        browser.close()
    return found


def measure(questions: int) -> dict[str, Any]:
    """Make a page of two runs, and compare them."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "runs").mkdir()
        size = write_runs(folder / "runs", 2, questions, load("xcsqa", split="train", languages=LANGUAGES).rows)
        words = ["report", str(folder / "runs"), "--output", str(folder / "out")]
        made = measured([sys.executable, "-m", "calm_harness", *words])
        beside = sum(path.stat().st_size for path in (folder / "out" / FOLDER).glob("*"))
        return {
            **{"questions": questions, "read_mb": size / 2**20},
            **{"report_s": made["seconds"], "report_mb": made["peak_mb"]},
            **{"page_mb": (folder / "out" / PAGE).stat().st_size / 2**20, "beside_mb": beside / 2**20},
            **look(folder / "out" / PAGE),
        }


def main() -> None:
    """Run the benchmark and write its file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=int, nargs="+", default=[1000, 10_000, 100_000], help="questions a run")
    args = parser.parse_args()
    results = [measure(questions) for questions in args.questions]
    print(table(results))
    print(save("page", vars(args), results))


if __name__ == "__main__":
    main()
