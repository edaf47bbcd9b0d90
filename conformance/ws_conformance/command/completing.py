"""What a shell proposes for words of the suite: cases, areas, requirements and tags, each for what was typed so far."""

from __future__ import annotations

from collections.abc import Iterable

import click

from ..peer import Role

_ROLES = {"server": Role.SERVER, "client": Role.CLIENT}
"""Commands that play cases for one role only."""


def cases(context: click.Context, _: click.Parameter, typed: str) -> list[str]:
    """Return ids of cases, and areas, which mean all their cases; areas alone as long as several are possible."""
    from ..cases import ALL_CASES

    role = _ROLES.get(context.info_name or "")
    ids = _continuing(typed, (case.id for case in ALL_CASES if role is None or role in case.roles))
    areas = list(dict.fromkeys(case_id.partition("/")[0] for case_id in ids))
    return areas if len(areas) > 1 else [*_continuing(typed, areas), *ids]


def areas(context: click.Context, parameter: click.Parameter, typed: str) -> list[str]:
    """Return areas."""
    return [word for word in cases(context, parameter, typed) if "/" not in word]


def requirements(_: click.Context, __: click.Parameter, typed: str) -> list[str]:
    """Return ids of requirements."""
    from ..catalogue import load_catalogue

    return _continuing(typed, load_catalogue())


def cases_and_requirements(context: click.Context, parameter: click.Parameter, typed: str) -> list[str]:
    """Return ids of requirements, which begin with a digit, or else of cases."""
    is_number = typed[:1].isdigit()
    return requirements(context, parameter, typed) if is_number else cases(context, parameter, typed)


def tags(_: click.Context, __: click.Parameter, typed: str) -> list[str]:
    """Return tags of cases."""
    from ..cases import ALL_CASES

    return _continuing(typed, sorted({tag for case in ALL_CASES for tag in case.tags}))


def _continuing(typed: str, words: Iterable[str]) -> list[str]:
    return [word for word in words if word.startswith(typed)]
