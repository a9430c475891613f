"""Background work: delivery and purge."""
