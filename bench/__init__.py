"""Measurements against a baseline of the same run: `make bench`. Figures, never pass or fail."""
