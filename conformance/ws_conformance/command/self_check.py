"""``wsspec self-check``: the suite against its own fleet of faulty implementations."""

from __future__ import annotations

from collections.abc import Iterator

import click
from ws_reports.record import ExitCode

from ..cases import CASES
from ..matrix import Matrix, breaking, matrix_in_parallel
from ..memory import rehearse
from ..model import Outcome
from ..mutants import MUTANTS, reference_peer
from ..peer import Role
from ..usage import unknown


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
def self_check_command(areas: tuple[str, ...], roles: tuple[str, ...], whole: bool, jobs: int | None) -> int:
    """Play each case against faulty copies of the reference: each fault has to be noticed, and each case has to fail.

    The reference itself has to pass everything. Exit code 1 if anything is not so.
    """
    known = dict.fromkeys(case.area for case in CASES)
    for area in areas:
        if area not in known:
            raise unknown("area", area, known, "'wsspec list'")
    cases = [case for case in CASES if not areas or case.area in areas]
    is_sound = True
    for role in [Role(value) for value in roles] or list(Role):
        failing = [case.id for case in cases if role in case.roles and not _passes(case.id, role)]
        mutants = breaking(cases, MUTANTS) if areas else MUTANTS
        played = matrix_in_parallel(cases, mutants, role, every_pair=whole, processes=jobs)
        # What one area does not notice, another may.
        unnoticed = [] if areas else [mutant.name for mutant in played.unnoticed]
        click.echo("\n".join(_table(played, role)))
        for title, names in (
            ("the reference fails", failing),
            ("nobody notices", unnoticed),
            ("can never fail", [case.id for case in played.blind]),
        ):
            for name in names:
                click.echo(f"✗ {title}: {name}")
                is_sound = False
        if whole:
            click.echo("\n".join(_pairs(played)))
        click.echo("")
    code = ExitCode.OK if is_sound else ExitCode.FAILURES
    click.echo(f"exit {int(code)}  {code.words}")
    return code


def _passes(case_id: str, role: Role) -> bool:
    case = next(case for case in CASES if case.id == case_id)
    finding = rehearse(case, reference_peer(role), role).finding
    return finding.outcome is Outcome.PLAYED and not finding.departures


def _table(played: Matrix, role: Role) -> Iterator[str]:
    """Yield a line for each area: its cases, the mutants that they notice, and the cases that notice none."""
    yield f"{f'a {role.value} as target':<24}{'cases':>8}{'notice':>10}{'mutants':>9}{'blind':>8}"
    blind = set(played.blind)
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
