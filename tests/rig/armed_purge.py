"""KP: ``relay purge`` that ends itself with SIGKILL at a named point (tests.rig.armed)."""

import os

from relay.cli import main
from tests.rig.armed import KILL, _arm

if __name__ == "__main__":
    if KILL in os.environ:
        _arm(os.environ[KILL])
    main(["purge", "--json"])
