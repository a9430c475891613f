"""Compile what the relay imports, and no more: a first start then takes a second, not four."""

import importlib
import py_compile
import sys
from pathlib import Path

OURS = (sys.prefix, str(Path(__file__).parent.parent))  # never Python's own files

for name in ("relay.web.app", "relay.inbound", "relay.cli.showing", "workers.main"):
    importlib.import_module(name)
for module in list(sys.modules.values()):
    source = getattr(module, "__file__", None) or ""
    if source.endswith(".py") and source.startswith(OURS):
        py_compile.compile(source)
