"""Reads the stand-in's own tables, the TOML files beside its modules."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def table(name: str) -> dict[str, Any]:
    """The table `name.toml`."""
    return tomllib.loads(files("litwatch.demo").joinpath(f"{name}.toml").read_text("utf-8"))
