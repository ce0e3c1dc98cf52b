"""Every page of both faces, with samples of what it can show, under axe: no barrier that a machine can find."""

from importlib.resources import files

import pytest
from playwright.sync_api import Browser, Route

from tests.browser.test_journeys import DESK, PHONE, chromium  # noqa: F401
from tests.sample_pages import SOURCE, rendered

AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
SHOW = """async (html) => {
    document.open(); document.write(html); document.close();
    await new Promise(done => document.readyState === "complete"
        ? done() : window.addEventListener("load", done, {once: true}));
}"""
RUN = """async () => {
    const path = one => one ? path(one.parentElement) + " > "
        + one.tagName + "." + one.className + (one.hidden ? " hidden" : "") : "";
    const all = [...document.body.querySelectorAll("*")].map(each => [each, path(each)]);
    const fresh = all.filter(([, way]) => !window.coloured.has(way)).map(([each]) => each);
    all.forEach(([, way]) => window.coloured.add(way));
    const found = (await axe.run({rules: {"color-contrast": {enabled: false}}})).violations;
    const pale = fresh.length
        ? (await axe.run({include: fresh}, {runOnly: ["color-contrast"]})).violations : [];
    return [...found, ...pale].map(v => [v.id, v.nodes.map(n => n.html)]);
}"""
"""Contrast, its slowest rule, only where colours may be new: an element's follow from the tags and classes
from itself to the root, which are kept in `coloured`."""
HOST = "http://sample.invalid"
KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def serve(pages: dict[str, str], face: str, route: Route) -> None:
    """A page by its name, or a file of the face."""
    path = route.request.url.removeprefix(HOST + "/")
    if path in pages:
        route.fulfill(body=pages[path], content_type="text/html; charset=utf-8")
        return
    name = path.removeprefix("assets/")
    file = SOURCE / name if name.startswith("vendor/") else SOURCE / face / "static" / name
    if file.is_file():
        kind = KINDS.get(file.suffix, "application/octet-stream")
        route.fulfill(body=file.read_bytes(), content_type=kind)
    else:
        route.fulfill(status=404)


def barriers(
    chromium: Browser,  # noqa: F811
    pages: dict[str, str],
    face: str,
    width: dict[str, int],
) -> dict[str, object]:
    """What axe finds, by page. They are shown in one window, so that axe is read once."""
    context = chromium.new_context(viewport=width)  # type: ignore[arg-type]
    page = context.new_page()
    page.route("**/*", lambda route: serve(pages, face, route))
    page.goto(f"{HOST}/{next(iter(pages))}")
    page.evaluate(AXE)
    page.evaluate("() => { window.coloured = new Set() }")
    found = {}
    for name, html in pages.items():
        page.evaluate(SHOW, html)
        if wrong := page.evaluate(RUN):
            found[name] = wrong
    context.close()
    return found


@pytest.mark.parametrize(("face", "width"), [("public", PHONE), ("office", DESK)])
def test_axe_finds_no_barrier_on_any_page(
    chromium: Browser,  # noqa: F811
    face: str,
    width: dict[str, int],
) -> None:
    pages = rendered(face, "some words")
    assert len(pages) > 20
    assert barriers(chromium, pages, face, width) == {}


def test_axe_would_find_one(chromium: Browser) -> None:  # noqa: F811
    pages = rendered("office", "some words")
    unnamed = pages["note"].replace('<label class="govuk-label govuk-label--s" for="words">', "<p>")
    assert unnamed != pages["note"]
    assert "note" in barriers(chromium, {"note": unnamed}, "office", DESK)


def test_axe_would_find_a_pale_word_on_a_later_page(chromium: Browser) -> None:  # noqa: F811
    note = rendered("office", "some words")["note"]
    pale = note.replace("</h1>", '</h1><p class="pale">Pale</p>', 1).replace(
        "</head>", "<style>.pale { color: #ddd }</style></head>", 1
    )
    found = barriers(chromium, {"note": note, "pale": pale}, "office", DESK)
    assert list(found) == ["pale"]
    assert "color-contrast" in str(found["pale"])
