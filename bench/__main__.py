"""`make bench` runs all; `make bench ONLY=name` one; BENCH_SECONDS and BENCH_RUNS make it shorter."""

import sys

from bench import chasing, filing_journey, filing_submit, leaving, lookback, reading, start

BENCHMARKS = {
    "filing-submit": filing_submit.run,
    "filing-journey": filing_journey.run,
    "start": start.run,
    "reading": reading.run,
    "leaving": leaving.run,
    "chasing": chasing.run,
    "lookback": lookback.run,
}


def main() -> int:
    """Run the named benchmarks; exit status 2 for a name that is not known."""
    names = sys.argv[1:] or list(BENCHMARKS)
    if unknown := [name for name in names if name not in BENCHMARKS]:
        print(f"no benchmark named {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
        return 2
    for name in names:
        BENCHMARKS[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main())
