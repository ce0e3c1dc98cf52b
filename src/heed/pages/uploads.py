"""Files are taken in whole, in memory only: what a browser sends never lies unsealed on a disk."""

from __future__ import annotations

import io

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, QueryDict
from django.utils.http import parse_header_parameters

from heed.intake.files import SentFile


class InMemory(FileUploadHandler):
    """Keeps a file's bytes as they come; `Front` has bounded how many there can be."""

    def new_file(self, *args: object, **kwargs: object) -> None:
        """The next file begins."""
        super().new_file(*args, **kwargs)
        self._parts: list[bytes] = []

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """One part of it."""
        self._parts.append(raw_data)

    def file_complete(self, file_size: int) -> UploadedFile:
        """All of it, whatever its size."""
        content = b"".join(self._parts)
        self._parts = []
        return UploadedFile(
            ContentFile(content), self.file_name, self.content_type, len(content), self.charset
        )


def sent_files(request: HttpRequest, field: str) -> list[SentFile]:
    """The files of one field of a form, in their order."""
    return [
        SentFile(each.name or "", each.content_type or "", each.read())
        for each in request.FILES.getlist(field)
    ]


def begun(request: HttpRequest) -> QueryDict:
    """The fields that had come whole when a form with files broke, or was dropped: to be given back only."""
    came: bytes = getattr(request.META["wsgi.input"], "begun", b"")
    boundary = parse_header_parameters(request.META.get("CONTENT_TYPE", ""))[1].get("boundary", "")
    whole, line, _ = came.rpartition(f"\r\n--{boundary}".encode())
    if not (boundary and line):
        return QueryDict()
    body = whole + line + b"--\r\n"
    sent = {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
    again = WSGIRequest(request.META | sent)
    again.encoding = "utf-8"
    return again.POST
