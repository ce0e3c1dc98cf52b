"""One line of JSON for each figure, with what it was measured on."""

import json
import os
import platform
from typing import Any


def machine() -> str:
    """Processor count, architecture, memory and Python version."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} cores {platform.machine()}, {memory:.0f} GiB, {platform.system()},"
        f" Python {platform.python_version()}"
    )


def report(name: str, value: float, unit: str, **more: Any) -> None:
    """Print one figure."""
    line = {"name": name, "value": round(value, 3), "unit": unit, "machine": machine()} | more
    print(json.dumps(line), flush=True)
