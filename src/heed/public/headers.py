"""Says to every browser: keep nothing, load nothing from elsewhere, tell nobody where you came from."""

from django.http import HttpRequest, HttpResponse

from heed.pages.headers import BOTH, EveryAnswer

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


class Headers(EveryAnswer):
    """The same headers on every answer of this face."""

    headers = BOTH | {"Content-Security-Policy": POLICY, "Referrer-Policy": "no-referrer"}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, with the headers; every form is read as UTF-8, whatever it claims to be in."""
        request.encoding = "utf-8"
        response = super().__call__(request)
        if not request.path.startswith("/assets/"):
            response["Cache-Control"] = "no-store"
        if not response.streaming:
            response["Content-Length"] = str(len(response.content))
        return response
