"""The pages a person keeps as files: they call nobody and need no program but a browser."""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template


@cache
def sheet(name: str) -> Template:
    """Return a template of ``relay/templates/rights``."""
    environment = Environment(
        loader=PackageLoader("relay", "templates/rights"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name)
