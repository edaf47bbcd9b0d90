"""From what a judge noted to the record: a result for each rule, and what was measured."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ws_reports import record
from ws_reports.record import CaseResult, Check, Level, Verdict

from ..judging import graded
from .latency import Histogram
from .rules import (
    ALL_RULES,
    BLOCK_ONCE,
    CLOSES,
    IN_ORDER,
    KEEPS_RULES,
    NO_GAP,
    NO_REPEAT,
    NOT_SILENT,
    PROMPT,
    READABLE,
    RECOGNISED,
    RECOVERS,
    REORGANISES,
    STAYS,
    TAKEN_BACK,
    TIME_FORWARD,
    Rule,
    reasons_against,
)
from .watching import Noted, Watcher

TOLD = 3
"""How many findings of a rule its result tells in words; the record of the stream has more."""

EVENTFUL = frozenset({RECOVERS, REORGANISES, TAKEN_BACK})
"""Rules about what need not happen: where it did not, there is nothing to be undecided about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """What whoever follows a stream knows of it, besides the judge: see ``record.Stream``."""

    seconds: float
    wire_bytes: int = 0
    compressed_bytes: int = 0
    inflated_bytes: int = 0
    inflating_seconds: float = 0.0
    memory: int | None = None


def record_rules(
    watcher: Watcher,
    *,
    seconds: float,
    first: int,
    target: str,
    hide: Callable[[str], str],
    unreached: str | None = None,
) -> Iterator[CaseResult]:
    """Yield a result for each rule, numbered from ``first``; ``hide`` takes secrets out of texts.

    ``unreached`` is why nothing could be judged at all, None where there was a connection.
    """
    against = reasons_against(watcher.profile)
    held = _held(watcher, seconds)
    for n, rule in enumerate(ALL_RULES, start=first):
        noted = watcher.noted(rule)
        checks: tuple[Check, ...] = ()
        reason: str | None = None
        if rule is KEEPS_RULES and watcher.breaches:
            checks = tuple(_breach_check(each, note, hide) for each, note in watcher.breaches.items())
            verdict = record.worst(check.verdict for check in checks) or Verdict.PASS
        elif noted.count:
            verdict = Verdict.LENIENT if rule.is_advice else Verdict.FAIL
        elif noted.remarks and rule in (REORGANISES, STAYS):
            verdict = Verdict.INFO
        elif noted.remarks and rule is PROMPT:
            verdict, reason = Verdict.INCONCLUSIVE, noted.remarks[0].detail
        elif rule in against:
            verdict, reason = Verdict.UNSUPPORTED, against[rule]
        elif held.get(rule, noted.held):
            verdict = Verdict.PASS
        elif rule in EVENTFUL:
            verdict, reason = Verdict.UNSUPPORTED, "nothing happened that this is about"
        else:
            verdict, reason = Verdict.INCONCLUSIVE, unreached or "nothing came that shows whether this holds"
        told = [*noted.first, *noted.remarks][:TOLD]
        observed = hide("; ".join(f"at {found.at:.2f} s {found.detail}" for found in told))
        more = noted.count - min(noted.count, TOLD)
        yield CaseResult(
            n=n,
            id=rule.id,
            target=target,
            tags=("stream",),
            title=rule.holds,
            because=rule.because,
            requirements=(rule.id,),
            level=Level.SHOULD if rule.is_advice else Level.MUST,
            verdict=verdict,
            seconds=seconds if verdict.was_run else 0.0,
            attempts=(verdict,) if verdict.was_run else (),
            checks=checks or (_check(rule, verdict, observed, more),) if reason is None else (),
            accepted=(rule.holds,),
            observed=observed,
            reason=reason,
        )


def _check(rule: Rule, verdict: Verdict, observed: str, more: int) -> Check:
    is_broken = verdict in (Verdict.FAIL, Verdict.LENIENT)
    return Check(
        id=rule.id.rpartition("/")[2],
        requirement=rule.id,
        verdict=verdict,
        accepted=(rule.holds,),
        observed=observed,
        signature=rule.id if is_broken else None,
        message=observed + (f"; and {more:,} more of the kind" if more else "") if is_broken else "",
    )


def _breach_check(requirement: str, noted: Noted, hide: Callable[[str], str]) -> Check:
    first = noted.first[0]
    times = f", {noted.count:,} times" if noted.count > 1 else ""
    return Check(
        id=requirement.rpartition("/")[2],
        requirement=requirement,
        verdict=graded(requirement),
        observed=hide(first.detail),
        signature=requirement,
        message=hide(f"at {first.at:.2f} s {first.detail}{times}"),
    )


def _held(watcher: Watcher, seconds: float) -> dict[Rule, int]:
    """Return how often rules were put to the test that are not counted one by one."""
    measured = watcher.measured
    silence = watcher.limits.silence
    return {
        READABLE: measured.messages,
        RECOGNISED: measured.messages,
        BLOCK_ONCE: measured.blocks,
        NO_GAP: measured.numbered,
        NO_REPEAT: measured.numbered,
        IN_ORDER: measured.numbered,
        TIME_FORWARD: measured.delay.count + measured.disturbed_delay.count,
        PROMPT: measured.delay.count + measured.disturbed_delay.count,
        NOT_SILENT: int(silence is not None and seconds >= silence and measured.connections > 0),
        CLOSES: watcher.noted(CLOSES).held,
    }


def record_stream(watcher: Watcher, followed: Followed, hide: Callable[[str], str]) -> record.Stream:
    """Return what was measured as the record has it."""
    measured = watcher.measured
    delay = measured.delay if measured.delay.count else measured.disturbed_delay
    return record.Stream(
        profile=watcher.profile.name,
        seconds=followed.seconds,
        connections=measured.connections,
        messages=measured.messages,
        payload_bytes=measured.payload_bytes,
        wire_bytes=followed.wire_bytes,
        compressed_bytes=followed.compressed_bytes,
        inflated_bytes=followed.inflated_bytes,
        inflating_seconds=followed.inflating_seconds if followed.inflated_bytes else None,
        kinds=dict(measured.kinds),
        delay=_spread(delay),
        jitter=_spread(measured.jitter),
        pong=_spread(measured.pong),
        buckets=tuple(record.Bucket(low=low, high=high, count=count) for low, high, count in delay.buckets()),
        first_message=measured.first_message,
        recoveries=tuple(measured.recoveries),
        longest_silence=measured.longest_silence,
        blocks=measured.blocks,
        reorganisations=measured.reorganisations,
        deepest_reorganisation=measured.deepest,
        part_seconds=watcher.series.width,
        parts=tuple(
            record.StreamPart(
                messages=part.messages, bytes=part.bytes, delay=max(0.0, part.delay), findings=part.findings
            )
            for part in watcher.series.parts
        ),
        findings=tuple(sorted(_findings(watcher, hide), key=lambda finding: finding.t)),
        memory=followed.memory,
    )


def _findings(watcher: Watcher, hide: Callable[[str], str]) -> Iterator[record.StreamFinding]:
    for rule in ALL_RULES:
        noted = watcher.noted(rule)
        for breaks, kept in ((True, noted.first), (False, noted.remarks)):
            for found in kept:
                yield record.StreamFinding(t=max(0.0, found.at), rule=rule.id, detail=hide(found.detail), breaks=breaks)


def _spread(histogram: Histogram) -> record.Spread | None:
    if not histogram.count:
        return None
    return record.Spread(
        count=histogram.count,
        mean=histogram.mean,
        p50=histogram.at(50),
        p90=histogram.at(90),
        p99=histogram.at(99),
        p999=histogram.at(99.9),
        longest=histogram.longest,
    )
