"""The rights desk: what persons may ask of a site, with proof, in time, answered (GDPR 12-21).

Pure: ``clock``, ``standing``, ``dossier``, ``redaction``, ``packet``. Acts, one
transaction each: ``intake``, ``proof``, ``mailbox``, ``decisions``, ``access``, ``plan`` and
``erasure``, ``measures``, ``objections``, ``register``, ``round``.
"""
