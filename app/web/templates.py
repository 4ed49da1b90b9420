"""How templates become HTML, for every page of ours: what is known is text, and what is not known is a fault."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.web.assets import VENDORED, Assets


def environment(folder: Path, assets: Assets) -> Environment:
    """For the templates in a folder, beside which these files stand."""
    made = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(static=assets.url, vendored=VENDORED.url)
    return made
