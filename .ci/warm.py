"""Compile what the relay imports, and no more: a first start then takes a second, not four."""

import importlib
import py_compile
import sys
from pathlib import Path

OURS = (sys.prefix, str(Path(__file__).parent.parent))  # never Python's own files

PROGRAMS = (
    "relay.web.app",
    "relay.inbound",
    "relay.cli.demo",
    "relay.cli.showing",
    "relay.supervisor.nursery",
    "relay.mail.reading.reader",
    "workers.main",
)

for name in PROGRAMS:
    importlib.import_module(name)
# What these load only when they are first used is compiled too.
importlib.import_module("relay.contact_rows").describe_browser("")
importlib.import_module("relay.validation").read_phone("06 12 34 56 78", region="FR")
for module in list(sys.modules.values()):
    source = getattr(module, "__file__", None) or ""
    if source.endswith(".py") and source.startswith(OURS):
        py_compile.compile(source)
