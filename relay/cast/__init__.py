"""The demonstration's past: two thousand messages over three months, one ring of fraud in them."""

from relay.cast.stage import put_on

__all__ = ["put_on"]
