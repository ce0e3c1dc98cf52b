"""Benchmarks: each prints ratios to a limit or a peer taken in the same run, one JSON object a line."""
