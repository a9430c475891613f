"""Reproducible measurements: ratios taken in one interleaved run on one machine."""
