"""A run against one client, however it is driven."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from ws_reports.record import Run

from ..model import Case
from ..peer import Role
from ..probing import NotThereError, Site
from ..run import Listener, Options, begin, new_setting, play_all
from .driving import Driven, Driver, client_target, probe_client


async def run_client(
    driver: Driver,
    words: str,
    cases: Sequence[Case],
    options: Options,
    listeners: Sequence[Listener] = (),
    *,
    argv: Sequence[str] = (),
) -> Run:
    """Judge the client that ``driver`` brings by ``cases``; ``words`` say how it is driven. Return the record."""
    began = asyncio.get_running_loop().time()
    target = client_target(words)
    setting = new_setting(options)
    site: Site | NotThereError
    try:
        site = await probe_client(driver, target, setting, options.behaviour, options.declared)
    except NotThereError as error:
        site = error
    run = begin(
        [target], [site], options, seed=int(setting.seed), argv=argv, role=Role.CLIENT, jobs=options.jobs or driver.jobs
    )
    opponent = Driven(driver, site) if isinstance(site, Site) else None
    return await play_all(run, [site], [opponent], cases, options, listeners, began=began)
