"""Relais: a private messaging relay for classified-ad sites."""

__version__ = "0.1.0"
