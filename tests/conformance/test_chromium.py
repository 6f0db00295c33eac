"""A report as a browser shows it: no errors, nothing asked of the network, and a contrast that is worked out there."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from archief.reports import page
from tests.reporting import Town

JUDGE = """<script>
addEventListener("load", () => {
  const part = (v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4 };
  const light = ([r, g, b]) => 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  const rgb = (text) => text.match(/[0-9.]+/g).map(Number);
  const ground = (e) => {
    for (; e; e = e.parentElement) {
      const c = rgb(getComputedStyle(e).backgroundColor);
      if (c.length < 4 || c[3] > 0) return c;
    }
    return [255, 255, 255];
  };
  const worst = {};
  for (const e of document.querySelectorAll("body *")) {
    if (![...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim())) continue;
    if (e.closest("script,style,svg,.skip")) continue;
    const a = light(rgb(getComputedStyle(e).color)), b = light(ground(e));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    worst[e.localName] = Math.min(worst[e.localName] ?? 99, ratio);
  }
  const wide = document.documentElement.scrollWidth > innerWidth + 1;
  const asked = performance.getEntriesByType("resource").map((one) => one.name);
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  document.title = JSON.stringify({ worst, wide, asked, dark });
});
</script>"""
NAMES = ("toetsing", "bewaartermijnen", "levensloop")


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    town = Town()
    town.destroy()
    paths = {}
    for name, made in town.reports(NAMES).items():
        paths[name] = folder / f"{name}.html"
        paths[name].write_bytes(page.html(made))
    return paths


def opened(path: Path, *flags: str) -> tuple[str, str]:
    """The page as Chromium has it after loading, and what it had to say."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or "chromium"
    words = [program, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={path.parent / 'profile'}"]
    words += ["--enable-logging=stderr", "--v=0", "--virtual-time-budget=2000", "--dump-dom", *flags, path.as_uri()]
    ran = subprocess.run(words, capture_output=True, text=True, check=True, timeout=120)
    return ran.stdout, ran.stderr


@pytest.mark.chromium
@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_report_opens_without_an_error_and_asks_for_nothing(name: str, pages: dict[str, Path]) -> None:
    dom, told = opened(pages[name])
    assert "</footer>" in dom
    assert [] == [line for line in told.splitlines() if "CONSOLE" in line]


@pytest.mark.chromium
@pytest.mark.slow
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("name", NAMES)
def test_every_text_has_contrast_and_nothing_runs_off_the_page(name: str, dark: bool, pages: dict[str, Path]) -> None:
    judged = pages[name].with_name(f"{name}-judged.html")
    text = pages[name].read_text()
    # The page itself runs no script; the judge needs one, so the policy that forbids it is taken out of this copy.
    text = re.sub(r"<meta http-equiv=[^>]*>", "", text)
    judged.write_text(text.replace("</head>", f"{JUDGE}</head>"))
    flags = ["--blink-settings=preferredColorScheme=0"] if dark else []
    dom, _ = opened(judged, "--window-size=1280,900", *flags)
    title = re.search(r"<title>(.*?)</title>", dom, re.DOTALL)
    assert title is not None
    found = json.loads(title[1].replace("&quot;", '"').replace("&amp;", "&"))
    assert dark == found["dark"]
    assert [] == found["asked"]
    assert not found["wide"]
    assert {"p", "td", "th", "a", "h2"} <= set(found["worst"])
    assert {} == {tag: ratio for tag, ratio in found["worst"].items() if ratio < 4.5}
