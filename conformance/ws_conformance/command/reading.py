"""``wsspec list``, ``explain``, ``requirements`` and ``help``: what the suite knows, without a target."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from textwrap import wrap

import click
from ws_reports.record import ExitCode

from ..autobahn import autobahn_aliases
from ..cases import ALL_CASES
from ..catalogue import Level, Requirement, load_catalogue
from ..coverage import covering
from ..model import Case, Expect, steps_for
from ..peer import Role
from ..recording import need_words, step_words
from ..selection import Selection, matching_case, select, strongest_level
from ..usage import unknown
from . import completing, options

COLUMNS = 80
LABEL_WIDTH = 11


# --- list -------------------------------------------------------------------------------------------------------------


@click.command(name="list")
@click.argument("words", metavar="[CASE…]", nargs=-1, shell_complete=completing.cases)
@options.selecting
@click.option("--role", type=click.Choice([role.value for role in Role]), help="Cases for targets in this role.")
@click.option("-v", "--verbose", is_flag=True, help="With level, needs, tags and requirements.")
def list_command(words: tuple[str, ...], selection: Selection, role: str | None, verbose: bool) -> int:
    """List cases: all of them, or those that CASE… (ids or globs) and the options select."""
    cases = select(ALL_CASES, replace(selection, words=words), None if role is None else Role(role))
    if cases:
        # At once: a write for each would take longer than all that was done before.
        click.echo("\n".join(_in_detail(case) if verbose else case.id for case in cases))
    click.echo(f"{len(cases)} of {len(ALL_CASES)} cases", err=True)
    return ExitCode.OK


def _in_detail(case: Case) -> str:
    roles = ", ".join(sorted(role.value for role in case.roles))
    lines = [f"{case.id}  {strongest_level(case).upper()}  for a {roles}  needs {need_words(case.needs)}"]
    lines += [f"    {requirement}" for requirement in case.verifies]
    if case.tags:
        lines.append(f"    tags {' '.join(sorted(case.tags))}")
    if case.id in autobahn_aliases():
        lines.append(f"    autobahn {' '.join(autobahn_aliases()[case.id])}")
    return "\n".join(lines)


# --- explain ----------------------------------------------------------------------------------------------------------


@click.command(name="explain")
@click.argument("word", metavar="ID", shell_complete=completing.cases_and_requirements)
def explain_command(word: str) -> int:
    """Explain a case or a requirement: what it is about, what is sent, what is accepted, where it comes from."""
    catalogue = load_catalogue()
    if word in catalogue:
        click.echo("\n".join(_explain_requirement(catalogue[word])))
        return ExitCode.OK
    cases = matching_case(ALL_CASES, word)
    if not cases:
        is_number = word[:1].isdigit()
        kind, known = ("requirement", list(catalogue)) if is_number else ("case", [case.id for case in ALL_CASES])
        raise unknown(kind, word, known, "'wsspec list' or 'wsspec requirements --all'")
    if len(cases) > 1:
        click.echo("\n".join(f"{case.id}" for case in cases))
        click.echo(f"{len(cases)} cases; name one of them", err=True)
        return ExitCode.OK
    click.echo("\n".join(_explain_case(cases[0])))
    return ExitCode.OK


def _explain_case(case: Case) -> Iterator[str]:
    catalogue = load_catalogue()
    yield f"{case.id}  revision {case.revision}"
    yield from _labelled("for", ", ".join(sorted(role.value for role in case.roles)))
    yield from _labelled("why", case.because)
    for requirement in case.verifies:
        entry = catalogue[requirement]
        yield from _labelled(entry.level.value, f"{requirement}: {entry.text}")
    for role in sorted(case.roles, key=lambda role: role.value, reverse=True):
        label = "does" if len(case.roles) == 1 else f"as {role.opposite.value}"
        for number, step in enumerate(steps_for(role, case.steps), start=1):
            yield from _labelled(label if number == 1 else "", f"{number} {step_words(step)}")
    yield from _labelled("lenient", _departures(case))
    yield from _labelled("needs", need_words(case.needs))
    if case.id in autobahn_aliases():
        yield from _labelled("autobahn", ", ".join(autobahn_aliases()[case.id]))


def _departures(case: Case) -> str:
    """Return the reactions that are accepted with a remark, each with what it departs from."""
    found = {
        f"{reaction.name} ({', '.join(reaction.departs_from)})"
        for role in case.roles
        for step in steps_for(role, case.steps)
        if isinstance(step, Expect)
        for reaction in step.reactions
        if reaction.departs_from
    }
    return "; ".join(sorted(found)) or "nothing"


def _explain_requirement(requirement: Requirement) -> Iterator[str]:
    yield requirement.id
    yield from _labelled(requirement.level.value, requirement.text)
    yield from _labelled("binds", ", ".join(sorted(role.value for role in requirement.binds)) or "nobody we test")
    yield from _labelled("see", requirement.url)
    if requirement.observed is not None:
        yield from _labelled("observed", requirement.observed)
    if requirement.untestable is not None:
        yield from _labelled("untestable", f"{requirement.untestable}: {requirement.because}")
    yield from _labelled("departing", f"is worth {requirement.grade.value}" + _by_policy(requirement))
    if requirement.errata:
        yield from _labelled("errata", ", ".join(map(str, requirement.errata)))
    cases = covering(ALL_CASES).get(requirement.id, ())
    yield from _labelled("cases", f"{len(cases)}")
    yield from (f"{'':{LABEL_WIDTH}}{case}" for case in cases)


def _by_policy(requirement: Requirement) -> str:
    return "" if requirement.policy is None else f" (policy page, {requirement.policy})"


def _labelled(label: str, text: str) -> Iterator[str]:
    lines = wrap(text, COLUMNS - LABEL_WIDTH, break_long_words=False, break_on_hyphens=False) or [""]
    for index, part in enumerate(lines):
        yield f"{label if index == 0 else '':<{LABEL_WIDTH}}{part}"


# --- requirements -----------------------------------------------------------------------------------------------------


@click.command(name="requirements")
@click.option("--rfc", type=int, metavar="N", help="Only those of this RFC.")
@click.option("--role", type=click.Choice([role.value for role in Role]), help="Only those that bind this role.")
@click.option("--level", type=click.Choice([level.value.lower() for level in Level]), help="Only those of this level.")
@click.option("--all", "every", is_flag=True, help="List each, with how many cases look at it.")
@click.option("--uncovered", is_flag=True, help="List those that could be tested and that no case looks at.")
def requirements_command(rfc: int | None, role: str | None, level: str | None, every: bool, uncovered: bool) -> int:
    """Show what the RFCs ask, and how much of it cases look at, by section."""
    chosen = [
        requirement
        for requirement in load_catalogue().values()
        if rfc in (None, requirement.rfc)
        and (role is None or Role(role) in requirement.binds)
        and level in (None, requirement.level.value.lower())
    ]
    roles = tuple(Role) if role is None else (Role(role),)
    covered = _covered(chosen, roles)
    if every or uncovered:
        looking = covering(ALL_CASES, roles)
        listed = [each for each in chosen if every or (each.untestable is None and each.id not in covered)]
        for requirement in listed:
            click.echo(f"{len(looking.get(requirement.id, ())):>4}  {requirement.level.value:<6}  {requirement.id}")
        click.echo(f"{len(listed)} requirements", err=True)
    else:
        click.echo("\n".join(_table(chosen, covered)))
    return ExitCode.OK


def _covered(requirements: Iterable[Requirement], roles: Iterable[Role]) -> frozenset[str]:
    """Return which of ``requirements`` some case looks at, in each of ``roles`` that they bind."""
    by_role = {role: covering(ALL_CASES, (role,)) for role in roles}
    return frozenset(
        requirement.id
        for requirement in requirements
        if requirement.binds and all(requirement.id in by_role[role] for role in by_role.keys() & requirement.binds)
    )


def _table(requirements: Sequence[Requirement], covered: frozenset[str]) -> Iterator[str]:
    """Yield a line for each section, and one for each level and role of all."""
    yield f"{'':<24}{'all':>6}{'covered':>9}{'untestable':>12}{'uncovered':>11}"
    for name in dict.fromkeys(_section(requirement) for requirement in requirements):
        yield _row(name, [requirement for requirement in requirements if _section(requirement) == name], covered)
    yield ""
    for level in Level:
        yield _row(level.value, [requirement for requirement in requirements if requirement.level is level], covered)
    for role in Role:
        yield _row(f"binds {role.value}s", [each for each in requirements if role in each.binds], covered)
    yield _row("all", requirements, covered)


def _section(requirement: Requirement) -> str:
    return f"RFC {requirement.rfc} §{requirement.section}"


def _row(name: str, requirements: Sequence[Requirement], covered: frozenset[str]) -> str:
    states = Counter(
        "covered" if each.id in covered else "uncovered" if each.untestable is None else "untestable"
        for each in requirements
    )
    columns = f"{states['covered']:>9}{states['untestable']:>12}{states['uncovered']:>11}"
    return f"{name:<24}{len(requirements):>6}{columns}"


# --- help -------------------------------------------------------------------------------------------------------------


@click.command(name="help")
@click.argument("topic", type=click.Choice(("exit-codes", "verdicts", "profiles")))
def help_command(topic: str) -> int:
    """Print the table of exit codes, of verdicts, or of profiles."""
    from ws_reports.record import Verdict

    if topic == "profiles":
        click.echo("\n".join(_profiles()))
    elif topic == "exit-codes":
        for code in ExitCode:
            click.echo("\n".join(_labelled(str(int(code)), code.meaning)))
    else:
        for verdict in Verdict:
            click.echo(f"{verdict.sign} {verdict.value:<14}{verdict.meaning}")
    return ExitCode.OK


def _profiles() -> Iterator[str]:
    """Yield a line for each profile, those that never change first."""
    from ..profiles import AUTOBAHN, RULES, find_profile, frozen_names

    for name in (*frozen_names(), *RULES, AUTOBAHN):
        profile = find_profile(name)
        frozen = "never changes" if profile.frozen else "grows with the suite"
        yield f"{profile.name:<20}{len(profile.revisions):>6} cases   {frozen}"
