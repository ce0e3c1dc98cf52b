"""Files are not taken until images can be flagged: what a browser sends of one is dropped unread."""

from typing import Any

from django.core.files.uploadhandler import FileUploadHandler, SkipFile


class NoFiles(FileUploadHandler):
    """Reads past any file and keeps nothing of it."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Every file is passed over."""
        raise SkipFile

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """Nothing is kept."""
        return None

    def file_complete(self, file_size: int) -> None:
        """No file comes of it."""
