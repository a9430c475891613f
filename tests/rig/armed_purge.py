"""KP: ``relay purge``, or another command, that ends itself with SIGKILL at a named point."""

import os
import sys

from relay.cli import main
from tests.rig.armed import KILL, _arm

if __name__ == "__main__":
    if KILL in os.environ:
        _arm(os.environ[KILL])
    main(sys.argv[1:] or ["purge", "--json"])
