"""Says to every browser: keep nothing, load nothing from elsewhere, tell nobody where you came from."""

from django.http import HttpRequest, HttpResponse

from heed.pages.headers import BOTH, EveryAnswer

POLICY = (
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self';"
    " frame-ancestors 'none'"
)


ATTACHED = "sandbox; default-src 'none'; frame-ancestors 'none'"
"""For a file that is handed out: should a browser show it after all, nothing in it runs or loads."""


class Headers(EveryAnswer):
    """The same headers on every answer of this face."""

    headers = BOTH | {
        "Cache-Control": "no-store",
        "Content-Security-Policy": POLICY,
        "Cross-Origin-Resource-Policy": "same-origin",
        # Not no-referrer, as the public face says: under it a browser sends "Origin: null" with our
        # own forms (Fetch standard, "append a request Origin header"), and nobody could tell them
        # from a stranger's.
        "Referrer-Policy": "same-origin",
    }

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, with the headers."""
        response = super().__call__(request)
        if response.get("Content-Disposition", "").startswith("attachment"):
            response["Content-Security-Policy"] = ATTACHED
        return response
