"""Files are taken in whole, in memory only: what a browser sends never lies unsealed on a disk."""

from __future__ import annotations

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest

from heed.intake.files import SentFile


class InMemory(FileUploadHandler):
    """Keeps a file's bytes as they come; `Front` has bounded how many there can be."""

    def new_file(self, *args: object, **kwargs: object) -> None:
        """The next file begins."""
        super().new_file(*args, **kwargs)  # type: ignore[arg-type]
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
