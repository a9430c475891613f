"""The one way in which embedded engines say no."""


class EnginesFailed(Exception):
    """The embedded engines cannot run; the text says what happened and what to do about it."""
