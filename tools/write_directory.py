"""Makes the directory that the package carries from public files: `python -m tools.write_directory FOLDER`.

FOLDER holds `agencies`, `la` and `postcodes`, as src/heed/referral/data/SOURCES.md names them. Nothing
here runs in a release: what it made is reviewed and released like code.
"""

from __future__ import annotations

import csv
import shutil
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

DATA = Path(__file__).parent.parent / "src" / "heed" / "referral" / "data"
RECODED = {"E08000016": "E08000038", "E08000019": "E08000039"}
"""Codes of 2025 that the list of councils does not have yet: Barnsley and Sheffield."""


def main(folder: Path) -> None:
    """Write every table anew."""
    districts = list(_districts(folder))
    _write("districts.csv", ("code", "name", "council", "force"), districts)
    _write("councils.csv", ("code", "name"), _councils(folder))
    _write("forces.csv", ("code", "name"), _forces(folder))
    _write("national.csv", ("id", "name", "where", "receives"), _national(folder))
    _write("former.csv", ("code", "name", "ended", "now"), _former(folder, districts))
    shutil.copyfile(
        folder / "postcodes" / "gb_postcode_ranges_to_lad.csv.gz", DATA / "postcodes.csv.gz"
    )


def _districts(folder: Path) -> Iterator[tuple[str, ...]]:
    """Each district once, with the council for its children and its police force.

    The force comes from the ONS lookup: in the other table that column is broken for fourteen districts.
    """
    forces = {RECODED.get(row["ltla24_code"], row["ltla24_code"]): row for row in _lookup(folder)}
    for row in _rows(folder / "agencies" / "england_district_to_la_to_pfa.csv"):
        code = row["lad_code"]
        yield code, row["lad_name"], row["new_la_code"], forces[code]["pfa24_code"]
    for code, row in forces.items():
        if code.startswith("W"):
            yield code, row["ltla24_name"], code, row["pfa24_code"]


def _lookup(folder: Path) -> Iterator[dict[str, str]]:
    yield from _rows(folder / "agencies" / "lad24_csp24_pfa24_england_wales.csv")


def _councils(folder: Path) -> Iterator[tuple[str, ...]]:
    for row in _rows(folder / "agencies" / "england_childrens_services_authorities_2025.csv"):
        yield row["gss_code"], row["la_name"]
    wales = {row["ltla24_code"]: row["ltla24_name"] for row in _lookup(folder)}
    yield from (each for each in wales.items() if each[0].startswith("W"))


def _forces(folder: Path) -> Iterator[tuple[str, ...]]:
    for row in _rows(folder / "agencies" / "police_forces_england_wales.csv"):
        yield row["pfa_code"], row["force_name"]


def _national(folder: Path) -> Iterator[tuple[str, ...]]:
    for row in _rows(folder / "agencies" / "national_agencies_curated.csv"):
        name = f"police/{row['id']}" if row["kind"] == "police" else row["id"]
        yield name, row["name"], row["jurisdiction"], row["receives"]


def _former(folder: Path, districts: list[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """Councils and codes that ended, each with the children's services authorities that took over."""
    rows = _rows(folder / "la" / "uk_local_authorities_future.csv")
    listed = {row["local-authority-code"]: row for row in rows}
    councils = {code: council for code, _, council, _ in districts}

    def now(code: str) -> set[str]:
        row = listed[code]
        if row["end-date"] and row["replaced-by"]:
            return set().union(*(now(each.strip()) for each in row["replaced-by"].split(",")))
        gss = RECODED.get(row["gss-code"], row["gss-code"])
        return {councils[gss]} if gss in councils else {gss} & set(councils.values())

    for code, row in sorted(listed.items()):
        if row["nation"] not in ("England", "Wales"):
            continue
        found = " ".join(sorted(now(code)))
        if row["end-date"] and found:
            yield row["gss-code"], row["official-name"], row["end-date"], found
        for old in filter(None, row["former-gss-codes"].split(",")):
            if found:
                yield old.strip(), row["official-name"], "", found
    for old, new in RECODED.items():
        yield old, next(name for code, name, *_ in districts if code == new), "", new


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        yield from csv.DictReader(file)


def _write(name: str, columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    with (DATA / name).open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(columns)
        out.writerows(rows)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
