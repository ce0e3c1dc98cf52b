"""A browser without a screen: it keeps cookies, reads forms, and sends them as they stand."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

from django.http import HttpResponse
from django.test import Client

from tests.world import PASSWORD

HOST = "localhost"


@dataclass
class Form:
    """One form of a page: where it goes, and what its fields hold."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._area = ""
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        if tag == "form":
            self.forms.append(Form(given.get("action", "")))
        elif not self.forms:
            return
        elif tag == "input" and name:
            choice = given.get("type") in ("radio", "checkbox")
            if not choice or "checked" in given:
                self.forms[-1].fields[name] = given.get("value", "")
        elif tag == "textarea":
            self._area = name
            self.forms[-1].fields[name] = ""
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and "selected" in given:
            self.forms[-1].fields[self._select] = given.get("value", "")

    def handle_data(self, data: str) -> None:
        if self._area:
            held = self.forms[-1].fields
            if not held[self._area]:
                data = data.removeprefix("\n")  # HTML standard: the first newline is not content
            held[self._area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = ""
        elif tag == "select":
            self._select = ""


def forms(response: HttpResponse) -> list[Form]:
    """The forms of a page."""
    reader = _Forms()
    reader.feed(response.content.decode())
    return reader.forms


def form(response: HttpResponse, with_field: str) -> Form:
    """The one form of a page that holds this field."""
    found = [each for each in forms(response) if with_field in each.fields]
    assert len(found) == 1, f"{len(found)} forms hold {with_field}"
    return found[0]


class Browser:
    """Cross-site protection is on, as it is for everybody."""

    def __init__(self) -> None:
        self.client = Client(
            enforce_csrf_checks=True, raise_request_exception=False, HTTP_HOST=HOST
        )

    def get(self, path: str) -> HttpResponse:
        return self.client.get(path)

    def send(self, filled: Form, path: str = "", **fields: str) -> HttpResponse:
        """Send a form with these fields changed."""
        return self.client.post(path or filled.action, filled.fields | fields)

    def sign_in(self, name: str, password: str = PASSWORD) -> HttpResponse:
        page = self.get("/sign-in")
        return self.send(form(page, "password"), "/sign-in", username=name, password=password)
