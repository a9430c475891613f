"""Find and mask phone numbers in what people write. Pure: text in, spans and text out."""

from relay.masking.cut import Hit
from relay.masking.fragments import Fragments
from relay.masking.known import find_any, find_number
from relay.masking.mask import Masked, MaskPolicy, mask, mask_by
from relay.masking.search import find_numbers

__all__ = [
    "Fragments",
    "Hit",
    "MaskPolicy",
    "Masked",
    "find_any",
    "find_number",
    "find_numbers",
    "mask",
    "mask_by",
]
