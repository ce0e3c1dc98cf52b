"""Goes through a face as a browser does: pages, forms, hidden fields, buttons, cookies."""

from __future__ import annotations

import http.cookiejar
import re
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from html.parser import HTMLParser

_NEW_LINE = re.compile("\r\n|\r|\n")


@dataclass
class Form:
    """One form of a page: where it goes and what it would send."""

    action: str = ""
    fields: dict[str, str] = field(default_factory=dict)


class _Reader(HTMLParser):
    """Collects forms, and the text of elements that have an id."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.texts: dict[str, str] = {}
        self._area = ""
        self._inside: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        have = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(have.get("action", "")))
        elif self.forms and have.get("name") and tag in ("input", "textarea"):
            chosen = have.get("type") not in ("radio", "checkbox") or "checked" in have
            if chosen:
                self.forms[-1].fields[have["name"]] = have.get("value", "")
            self._area = have["name"] if tag == "textarea" else self._area
        if have.get("id") and tag not in ("input", "textarea", "br", "img", "link", "meta", "hr"):
            self._inside.append((tag, have["id"]))
            self.texts[have["id"]] = ""

    def handle_endtag(self, tag: str) -> None:
        for _, name in self._inside:
            self.texts[name] += " "
        if tag == "textarea":
            self._area = ""
        for place in range(len(self._inside) - 1, -1, -1):
            if self._inside[place][0] == tag:
                del self._inside[place]
                break

    def handle_data(self, data: str) -> None:
        if self._area and self.forms:
            self.forms[-1].fields[self._area] += data
        for _, name in self._inside:
            self.texts[name] += data


@dataclass
class Page:
    """An answer: its status, its bytes, its forms, and the text of what has an id."""

    status: int
    content: bytes
    forms: list[Form]
    texts: dict[str, str]
    address: str

    def form(self, *names: str) -> Form:
        """The first form that has all these fields; raises LookupError where there is none."""
        for form in self.forms:
            if all(name in form.fields for name in names):
                return form
        raise LookupError(f"no form with {', '.join(names)} on {self.address} ({self.status})")


class Browser:
    """One visitor of one face."""

    def __init__(self, port: int) -> None:
        self._root = f"http://127.0.0.1:{port}"
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()),
        )

    def get(self, address: str) -> Page:
        """Open an address."""
        return self._open(urllib.parse.urljoin(self._root, address), None)

    def send(self, page: Page, form: Form, **said: str) -> Page:
        """Send a form of a page, with what was filled in and the button that was pressed.

        Every new line goes out as CR LF (HTML, "constructing the entry list", step 5 on newlines).
        """
        values = {name: _NEW_LINE.sub("\r\n", text) for name, text in (form.fields | said).items()}
        body = urllib.parse.urlencode(values).encode()
        return self._open(urllib.parse.urljoin(page.address, form.action or page.address), body)

    def _open(self, address: str, body: bytes | None) -> Page:
        request = urllib.request.Request(address, body)  # noqa: S310
        try:
            answer = self._opener.open(request, timeout=30)
        except urllib.error.HTTPError as refused:
            answer = refused
        with answer:
            content = answer.read()
            reader = _Reader()
            if "html" in answer.headers.get("content-type", ""):
                reader.feed(content.decode())
            return Page(answer.status, content, reader.forms, reader.texts, answer.geturl())
