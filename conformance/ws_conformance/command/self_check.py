"""``wsspec self-check``: the suite against its own fleet of faulty implementations."""

from __future__ import annotations

from collections.abc import Iterator

import click
from ws_reports.record import ExitCode

from ..carriers.tls import can_certify
from ..cases import CASES, LIMITS
from ..matrix import Matrix, breaking, matrix_in_parallel, rehearse_sound, sparing_matrix
from ..model import Case, Need, Outcome
from ..mutants import LIMITS as LIMITS_MUTANTS
from ..mutants import MUTANTS
from ..peer import Role
from ..usage import UsageError, unknown


@click.command(name="self-check")
@click.option(
    "--area", "areas", multiple=True, metavar="AREA", help="Only its cases, and the faults that they are about."
)
@click.option(
    "--role",
    "roles",
    multiple=True,
    type=click.Choice([role.value for role in Role]),
    help="Only targets in this role.",
)
@click.option("--matrix", "whole", is_flag=True, help="Play every pair, and print who notices whom.")
@click.option("--jobs", type=click.IntRange(1), help="Processes at once; by default one for each processor.")
@click.option("--limits", is_flag=True, help="Also the cases that strain a target; takes minutes.")
def self_check_command(
    areas: tuple[str, ...], roles: tuple[str, ...], whole: bool, jobs: int | None, limits: bool
) -> int:
    """Play each case against faulty copies of the reference: each fault has to be noticed, and each case has to fail.

    The reference itself has to pass everything. Exit code 1 if anything is not so.
    """
    known = dict.fromkeys(case.area for case in (*CASES, *LIMITS))
    for area in areas:
        if area not in known:
            raise unknown("area", area, known, "'wsspec list'")
    cases = [case for case in CASES if not areas or case.area in areas]
    straining = [case for case in LIMITS if limits or case.area in areas]
    chosen = [Role(value) for value in roles] or list(Role)
    if any(Need.TLS in case.needs and not case.roles.isdisjoint(chosen) for case in cases) and not can_certify():
        raise UsageError(
            "some of the cases are over TLS, and nothing here makes certificates", "pip install 'wsspec[tls]'"
        )
    is_sound = True
    for role in chosen:
        if cases:
            mutants = breaking(cases, MUTANTS) if areas else MUTANTS
            played = matrix_in_parallel(cases, mutants, role, every_pair=whole, processes=jobs)
            # What one area does not notice, another may.
            is_sound &= _is_sound(played, role, unnoticed_matters=not areas)
            if whole:
                click.echo("\n".join(_pairs(played)))
        if straining:
            is_sound &= _is_sound(sparing_matrix(straining, LIMITS_MUTANTS, role), role, unnoticed_matters=True)
        click.echo("")
    code = ExitCode.OK if is_sound else ExitCode.FAILURES
    click.echo(f"exit {int(code)}  {code.words}")
    return code


def _is_sound(played: Matrix, role: Role, *, unnoticed_matters: bool) -> bool:
    """Print what ``played`` shows, and return whether it is all as it should be."""
    click.echo("\n".join(_table(played, role)))
    wrong = [("the reference fails", case.id) for case in played.cases if not _passes(case, role)]
    wrong += [("nobody notices", mutant.name) for mutant in played.unnoticed if unnoticed_matters]
    wrong += [("can never fail", case.id) for case in _blind(played)]
    for title, name in wrong:
        click.echo(f"✗ {title}: {name}")
    return not wrong


def _blind(played: Matrix) -> list[Case]:
    """Return the cases that can never fail; what some did shows only on the next connection, so they are no such."""
    return [case for case in played.blind if "aftermath" not in case.tags]


def _passes(case: Case, role: Role) -> bool:
    finding = rehearse_sound(case, role).finding
    return finding.outcome is Outcome.PLAYED and not finding.departures


def _table(played: Matrix, role: Role) -> Iterator[str]:
    """Yield a line for each area: its cases, the mutants that they notice, and the cases that notice none."""
    yield f"{f'a {role.value} as target':<24}{'cases':>8}{'notice':>10}{'mutants':>9}{'blind':>8}"
    blind = _blind(played)
    for area in dict.fromkeys(case.area for case in played.cases):
        places = {place for place, case in enumerate(played.cases) if case.area == area}
        noticed = sum(not places.isdisjoint(cases) for cases in played.noticing)
        blind_here = sum(case.area == area for case in blind)
        yield f"  {area:<22}{len(places):>8}{noticed:>10}{len(played.mutants):>9}{blind_here:>8}"
    noticed = len(played.mutants) - len(played.unnoticed)
    yield f"  {'all':<22}{len(played.cases):>8}{noticed:>10}{len(played.mutants):>9}{len(blind):>8}"


def _pairs(played: Matrix) -> Iterator[str]:
    """Yield each mutant with the cases that notice it."""
    for mutant, cases in zip(played.mutants, played.noticing, strict=True):
        yield f"\n{mutant.name}  ({len(cases)} of {len(played.cases)})"
        yield from (f"    {played.cases[place].id}" for place in sorted(cases))
