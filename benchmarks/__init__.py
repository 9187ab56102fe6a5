"""Peers side by side in one run: `python -m benchmarks` writes docs/benchmarks.md."""
