"""The command: ``python -m reference.bench``."""

from __future__ import annotations

import json
from fnmatch import fnmatch
from pathlib import Path

import click

from .contestants import contestants
from .measuring import measure, measure_elsewhere
from .report import picture, table
from .workloads import workloads

HERE = Path(__file__).parent


@click.command()
@click.option("--processes", default=5, show_default=True, help="In how many processes all is measured, one by one.")
@click.option("--turns", default=3, show_default=True, help="How often everybody does each workload, in a process.")
@click.option("--milliseconds", default=5.0, show_default=True, help="How long somebody goes on with it in a turn.")
@click.option("--only", "patterns", multiple=True, default=["*"], help="Workloads whose labels match; may be repeated.")
@click.option("--save", is_flag=True, help="Keep tables and picture beside this command.")
@click.option("--raw", is_flag=True, help="Measure in this process, and print nanoseconds as JSON.")
def main(processes: int, turns: int, milliseconds: float, patterns: tuple[str, ...], save: bool, raw: bool) -> None:
    """Measure the reference next to its peers, and print ratios."""
    if raw:
        taking_part = list(contestants())
        for workload in workloads():
            if any(fnmatch(workload.label, pattern) for pattern in patterns):
                nanoseconds = measure(workload, taking_part, turns=turns, milliseconds=milliseconds)
                click.echo(json.dumps((workload.label, nanoseconds)))
        return
    settings = ["--raw", f"--turns={turns}", f"--milliseconds={milliseconds}"]
    settings += [f"--only={pattern}" for pattern in patterns]
    results = measure_elsewhere(settings, processes)
    page = table(results)
    click.echo(page)
    if save:
        (HERE / "results.md").write_text(page)
        (HERE / "results.svg").write_text(picture(results))


if __name__ == "__main__":
    main()
