"""Takes GOV.UK Frontend into the project without what may be used on GOV.UK only.

`npm pack govuk-frontend@6.3.0`, then `python tools/vendor_govuk.py govuk-frontend-6.3.0.tgz`.
The Transport typeface and the crest are not ours to show; the script that ships with the package
is not needed, because every page works without one.
"""

import hashlib
import json
import re
import sys
import tarfile
from pathlib import Path

TARGET = Path(__file__).parents[1] / "src/heed/vendor/govuk-frontend"
NOTE = (
    '@charset "UTF-8";\n'  # counts only as the first bytes of the file
    "/*! GOV.UK Frontend {version}, MIT licence, see LICENCE beside this file. From the npm package"
    " with SHA-256 {digest}; what GOV.UK alone may show is taken out. */\n"
)


def strip(css: str) -> str:
    """The style sheet without comments, typeface, images, crest and logotype."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.S).replace('@charset "UTF-8";', "")
    css = re.sub(r"@font-face\{[^{}]*\}", "", css)
    css = re.sub(r"[^{}]*\{[^{}]*url\([^{}]*\}", "", css)
    css = re.sub(r"[^{}]*(?:crown|crest|logotype|copyright-logo)[^{}]*\{[^{}]*\}", "", css)
    css = re.sub(r"@(?:media|supports)[^{}]*\{\s*\}", "", css)
    return css.replace("GDS Transport,", "").strip() + "\n"


def main(package: Path) -> None:
    """Write the stripped style sheet of the npm package at `package`."""
    with tarfile.open(package) as tar:
        described = tar.extractfile("package/package.json")
        styled = tar.extractfile("package/dist/govuk/govuk-frontend.min.css")
        if described is None or styled is None:
            raise SystemExit(f"{package} is not the package govuk-frontend")
        version = json.load(described)["version"]
        css = strip(styled.read().decode())
    digest = hashlib.sha256(package.read_bytes()).hexdigest()
    note = NOTE.format(version=version, digest=digest)
    (TARGET / "govuk-frontend.min.css").write_text(note + css, "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
