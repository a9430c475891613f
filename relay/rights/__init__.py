"""The rights desk: what persons may ask of a site, with proof, in time, answered (GDPR 12-21).

Pure: ``clock``, ``standing``, ``dossier``, ``redaction``, ``sheets``, ``packet``. Acts, one
transaction each: ``intake``, ``decisions``, ``access``, ``erasure``, ``measures``, ``round``,
``register``.
"""
