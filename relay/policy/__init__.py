"""A site's policy: what it asks of a sender, passes on, masks and keeps.

A policy is a TOML file, one per site; a published version never changes, and a message
keeps the version whose notice its sender saw (GDPR 13).
"""

from relay.policy.model import (
    Controller,
    Form,
    Kept,
    Limits,
    Masking,
    Policy,
    Processor,
    Promise,
    Retention,
    Site,
)
from relay.policy.reading import Fault, PolicyInvalid, find_faults, read_policy
from relay.policy.words import Basis, Disclosure, Need, Outcome, Proof, Purpose, Right, Trigger

__all__ = [
    "Basis",
    "Controller",
    "Disclosure",
    "Fault",
    "Form",
    "Kept",
    "Limits",
    "Masking",
    "Need",
    "Outcome",
    "Policy",
    "PolicyInvalid",
    "Processor",
    "Promise",
    "Proof",
    "Purpose",
    "Retention",
    "Right",
    "Site",
    "Trigger",
    "find_faults",
    "read_policy",
]
