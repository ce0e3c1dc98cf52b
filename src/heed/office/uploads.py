"""The office takes no files yet: whatever is sent as one is dropped unread."""

from django.core.files.uploadhandler import FileUploadHandler, SkipFile


class NoFiles(FileUploadHandler):
    """Skips every file; the words of the same form are kept."""

    def new_file(self, *args: object, **kwargs: object) -> None:
        """Refuse the file before its first byte is held."""
        raise SkipFile

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Nothing is kept."""

    def file_complete(self, file_size: int) -> None:
        """Nothing was kept."""
