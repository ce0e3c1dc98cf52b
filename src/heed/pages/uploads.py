"""Files are not taken until images can be flagged: what a browser sends of one is dropped unread."""

from __future__ import annotations

from django.core.files.uploadhandler import FileUploadHandler, SkipFile


class NoFiles(FileUploadHandler):
    """Reads past any file and keeps nothing of it; the words of the same form are kept."""

    def new_file(self, *args: object, **kwargs: object) -> None:
        """Every file is passed over before its first byte is held."""
        raise SkipFile

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Nothing is kept."""

    def file_complete(self, file_size: int) -> None:
        """No file comes of it."""
