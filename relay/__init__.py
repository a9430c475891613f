"""Relais: a private messaging relay for classified-ad sites."""
