"""Find and mask phone numbers in what people write. Pure: text in, spans and text out."""

from relay.masking.known import find_number
from relay.masking.mask import Hit, Masked, mask
from relay.masking.search import find_numbers

__all__ = ["Hit", "Masked", "find_number", "find_numbers", "mask"]
