"""The one jinja2 environment: escapes everything, fails on any unknown name.

Templates get plain texts and checked addresses. Nothing is marked safe but what another template
of ours has rendered.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

import jinja2

from aggregator.digest import dates, safe, words
from aggregator.digest.sheet import is_edition

if TYPE_CHECKING:
    from collections.abc import Mapping

_PACKAGE = "aggregator.digest"


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader(_PACKAGE, "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,  # a look at the files for each import in each rendering
    )
    environment.filters |= {
        "rfc3339": dates.rfc3339,
        "moment": dates.moment,
        "day": dates.day,
        "clock": dates.clock,
        "shorten": words.shorten,
        "web": safe.url,  # for every address from outside that stands in an attribute
    }
    environment.tests["edition"] = is_edition
    return environment


def render(template: str, values: Mapping[str, object]) -> str:
    """Return the template filled with the values."""
    return _environment().get_template(template).render(values)


def stylesheet(name: str) -> str:
    """Return a stylesheet that lies beside the templates."""
    return (resources.files(_PACKAGE) / "templates" / name).read_text("utf-8")
