"""Acts on the keys themselves: new master keys, keys kept apart from backups, a database restored.

A master key wraps the data key of each person, site and member of staff. Rotating it wraps them
anew; what was sealed stays as it is.
"""

from relay.custody.restored import Gap, settle_restored
from relay.custody.rotation import Standing, may_retire, read_standing, rotate
from relay.custody.saved import Loaded, load_keys, saved_lines

__all__ = [
    "Gap",
    "Loaded",
    "Standing",
    "load_keys",
    "may_retire",
    "read_standing",
    "rotate",
    "saved_lines",
    "settle_restored",
]
