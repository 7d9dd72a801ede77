"""page.py URL FOLDER: walks the page in Chromium as people do, and leaves pictures in FOLDER.

A step that does not lead where it should, a word of the browser's console, a request to anywhere else, a page that
scrolls sideways and a violation that axe finds end it with an error.
"""

import shutil
import sys
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright

url, folder = sys.argv[1], Path(sys.argv[2])
PACKAGE = "/packages/debian-12/x86_64/jq"
IMAGE = "/images/docker.io/library/app"
PAGES = {
    "overview": "/",
    "search": "/search?q=jq",
    "search-nothing": "/search?q=nothingofthatname",
    "packages": "/packages/debian-12/x86_64/",
    "package": PACKAGE,
    "images": "/images/",
    "image": IMAGE,
    "files": "/browse/files",
    "file": "/browse/files/tools/tool.txt",
    "chart": "/browse/charts/web-1.2.0",
    "modules": "/modules/",
    "module": "/modules/tools",
    "setup": "/setup/?os=debian-12&tool=packages",
    "setup-containerd": "/setup/?os=debian-12&tool=containerd",
    "snapshots": "/snapshots/",
    "differences": "/snapshots/1..2",
    "health": "/health",
    "listing": "/apt/debian-12/",
    "missing": "/packages/debian-12/x86_64/nothing",
}
troubles = []


def opened(browser, **options):
    """A new visitor, who tells of what goes wrong."""
    context = browser.new_context(**options)
    page = context.new_page()

    def said(message):
        if message.type in ("error", "warning") and "404" not in message.text:
            troubles.append(f"{page.url}: console: {message.text}")

    page.on("console", said)
    page.on("pageerror", lambda error: troubles.append(f"{page.url}: {error}"))
    page.on("request", lambda request: request.url.startswith(url) or troubles.append(f"{page.url} asks {request.url}"))
    return page


def walk_without_script(browser):
    page = opened(browser, java_script_enabled=False)
    page.goto(url)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.get_by_label("Name or word").fill("jq")
    page.get_by_label("Name or word").press("Enter")
    page.get_by_role("link", name="jq", exact=True).click()
    assert page.url == url + PACKAGE, page.url
    expect(page.get_by_role("heading", level=1, name="jq")).to_be_visible()
    expect(page.get_by_text("apt-get install jq")).to_be_visible()
    expect(page.get_by_text("Signed upstream")).to_be_visible()
    page.get_by_role("table", name="needs").get_by_role("link", name="libjq1", exact=True).first.click()
    expect(page.get_by_role("heading", name="Needed by")).to_be_visible()

    page.get_by_role("navigation", name="Main").get_by_role("link", name="Set up").click()
    expect(page.get_by_text(f"curl -fsSO {url}/setup/debian-12.sh")).to_be_visible()
    page.get_by_label("Tool", exact=True).select_option("containerd")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("certs.d/docker.io/hosts.toml").first).to_be_visible()

    page.get_by_role("navigation", name="Main").get_by_role("link", name="Images").click()
    page.get_by_role("link", name="docker.io/library/app").click()
    assert page.url.split("#")[0] == url + IMAGE, page.url
    expect(page.get_by_role("rowheader", name="linux/arm64")).to_be_visible()
    expect(page.get_by_role("rowheader", name="Signature")).to_be_visible()
    page.get_by_text("Layers of linux/amd64").click()
    expect(page.get_by_role("table", name="Layers, the lowest first")).to_be_visible()

    page.get_by_role("link", name="Snapshots").click()
    page.get_by_role("link", name="what changed since 1").click()
    expect(page.get_by_role("row", name="tree").first).to_be_visible()
    with page.expect_download() as download:
        page.goto(url)
        page.get_by_role("link", name="CycloneDX").click()
    assert '"bomFormat": "CycloneDX"' in Path(download.value.path()).read_text()
    print("walked without the script")


def walk_with_script(browser):
    page = opened(browser, permissions=["clipboard-read", "clipboard-write"])
    page.goto(url)
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("/")
    expect(page.get_by_label("Name or word")).to_be_focused()
    page.keyboard.type("libjq")
    expect(page.get_by_role("link", name="libjq1", exact=True)).to_be_visible()
    assert page.url.split("#")[0] == url + "/", "the results come to the page"
    page.screenshot(path=folder / "live-search.png")

    page.goto(url + "/setup/")
    page.get_by_label("Tool", exact=True).select_option("podman")
    expect(page.get_by_role("heading", name="/etc/containers/")).to_be_visible()
    page.get_by_role("button", name="Copy").first.click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("#") or "prefix" in copied or "[[" in copied, copied
    page.goto(url + "/setup/")
    expect(page.get_by_label("Tool", exact=True)).to_have_value("podman")
    print("walked with the script")


def look(browser):
    checker, seen = Axe(), 0
    for scheme in ("light", "dark"):
        for width, height in ((1280, 900), (360, 740)):
            page = opened(browser, color_scheme=scheme, viewport={"width": width, "height": height})
            for name, path in PAGES.items():
                page.goto(url + path)
                page.screenshot(path=folder / f"{name}-{width}-{scheme}.png", full_page=True)
                scrolls = page.evaluate("document.documentElement.scrollWidth")
                if scrolls > width:
                    troubles.append(f"{path}: {scrolls} pixels wide on {width}")
                for item in checker.run(page).response["violations"]:
                    nodes = "; ".join(node["html"][:160] for node in item["nodes"][:3])
                    troubles.append(f"{path} {width} {scheme}: {item['id']}: {item['help']}: {nodes}")
                seen += 1
            page.context.close()
    print(f"axe {checker_version(browser)} looked at {seen} pages")


def checker_version(browser):
    page = browser.new_page()
    Axe().run(page)
    return page.evaluate("axe.version")


with sync_playwright() as playwright:
    chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
    walk_without_script(chromium)
    walk_with_script(chromium)
    look(chromium)
    chromium.close()
if troubles:
    sys.exit("\n".join(sorted(set(troubles))))
print("no violation, no word of the console, nothing from elsewhere")
