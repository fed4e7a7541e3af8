"""The site: built without a warning, every link and anchor there, nothing asked of a network."""

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

import pytest

from tests.docs.pages import PAGES, ROOT


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    words = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=ROOT, env=environment)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    return folder


class Links(HTMLParser):
    """What a page names: anchors of its own, links, and what it loads."""

    def __init__(self, page):
        super().__init__()
        self.ids, self.links, self.loaded = set(), [], []
        self.feed(page.read_text("utf-8"))

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        if values.get("id"):
            self.ids.add(values["id"])
        if tag == "a" and values.get("href"):
            self.links.append(values["href"])
        if tag in ("script", "img", "iframe", "source") and values.get("src"):
            self.loaded.append(values["src"])
        if tag == "link" and values.get("rel") not in ("canonical",) and values.get("href"):
            self.loaded.append(values["href"])


def test_every_link_and_anchor_is_there(site):
    pages = {path: Links(path) for path in sorted(site.rglob("*.html"))}
    assert len(pages) >= len(PAGES) - 1  # the README is none
    missing = []
    for path, page in pages.items():
        for link in [*page.links, *page.loaded]:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc or path.name == "404.html":
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            known = target.is_file() and (not parts.fragment or target.suffix != ".html")
            if not known and not (target in pages and unquote(parts.fragment) in pages[target].ids):
                missing.append((path.relative_to(site).as_posix(), link))
    assert not missing


def test_nothing_is_asked_of_a_network(site):
    for path in site.rglob("*.html"):
        outside = [link for link in Links(path).loaded if urlsplit(link).scheme in ("http", "https")]
        assert not outside, path
    assert not [path for path in site.rglob("*.css") if "url(http" in path.read_text("utf-8")]


def test_the_readme_is_short_and_its_links_are_there():
    text = (ROOT / "README.md").read_text("utf-8")
    assert len(text.splitlines()) <= 100

    for link in re.findall(r"\]\(([^)#]+)", text):
        assert link.startswith("http") or (ROOT / link).exists(), link


@pytest.mark.parametrize("page", sorted({page.parent for page in PAGES}), ids=str)
def test_no_page_of_a_folder_is_left_out_of_the_site(page, site):
    if page != ROOT:
        for source in page.glob("*.md"):
            assert (site / source.relative_to(ROOT / "docs").with_suffix(".html")).is_file(), source


def test_search_works_from_disk(site, chromium):
    page = chromium.new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto((site / "evaluate" / "sets.html").as_uri())
    page.locator("input[name=query]").focus()
    page.keyboard.type("Krippendorff", delay=30)
    page.wait_for_selector(".md-search-result__item", timeout=30_000, state="attached")
    found = page.locator(".md-search-result__link").evaluate_all("links => links.map(link => link.href)")
    assert any("/metrics.html" in link for link in found)
    assert all(url.startswith("file:") for url in asked)
    page.close()
