"""The rights desk: what persons may ask of a site, with proof, in time, answered (GDPR 12-21).

Pure: ``clock``, ``standing``, ``dossier``, ``redaction``, ``packet``. Acts, one transaction each:
``intake``, ``proof``, ``documents``, ``mailbox``, ``decisions``, ``access`` (which opens by
``subjects``, ``reading`` and ``choices``), ``plan``, ``moving`` and ``erasure``, ``measures``,
``objections``, ``register``, ``round``.
"""
