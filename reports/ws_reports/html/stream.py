"""A stream as pictures: how its delays are spread, how much came over time, how late it was, and when something broke.

The pictures are inline SVG, and hold numbers of the record and nothing else; what is said in words passes the page's
own escaping.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from ws_reports.html.timing import BARS_PER_DECADE, LONGEST, SHORTEST, Bar, Scale, duration, noise_seconds, scale_for
from ws_reports.record import Bucket, Run, Spread, Stream, StreamFinding, StreamPart

PARTS = 480
"""How many parts of the time are drawn; of more, neighbours are drawn as one."""
MARKS = 300
"""How many findings are marked in the picture of the time."""
FINDINGS = 200
"""How many findings are told in words."""
KINDS = 30
"""How many kinds of messages are listed."""
RECOVERIES = 20
"""How many recoveries are listed."""
TICKS = 6


@dataclass(frozen=True, slots=True)
class Column:
    """A part of the time: where it is and how wide, in percent, and what came in it, ``rate`` messages a second."""

    at: float
    width: float
    start: float
    rate: float
    share: float
    delay: float
    lateness: float


@dataclass(frozen=True, slots=True)
class Mark:
    """Findings of one rule at one place, in percent."""

    at: float
    words: str
    breaks: bool


@dataclass(frozen=True, slots=True)
class StreamView:
    """All of it. ``highest`` is the highest rate that is drawn, in messages a second, ``latest`` the longest delay.

    ``floor`` has percentiles of what a bare echo takes on the same machine, in seconds.
    """

    stream: Stream
    scale: Scale | None
    bars: tuple[Bar, ...]
    columns: tuple[Column, ...]
    marks: tuple[Mark, ...]
    ticks: tuple[tuple[float, str], ...]
    highest: float
    latest: float
    spreads: tuple[tuple[str, Spread], ...]
    kinds: tuple[tuple[str, int], ...]
    recoveries: tuple[float, ...]
    findings: tuple[StreamFinding, ...]
    floor: tuple[tuple[str, float], ...]

    @property
    def per_second(self) -> tuple[float, float]:
        """Messages and bytes on the wire that came in a second."""
        seconds = self.stream.seconds or 1.0
        return self.stream.messages / seconds, self.stream.wire_bytes / seconds

    @property
    def compression(self) -> float | None:
        """What part of their bytes compressed messages took, in percent; None if none was compressed."""
        if not self.stream.inflated_bytes:
            return None
        return 100 * self.stream.compressed_bytes / self.stream.inflated_bytes


def stream_view(run: Run) -> StreamView | None:
    """Return the stream of ``run`` as it is drawn; None if none was followed."""
    stream = run.stream
    if stream is None:
        return None
    parts = list(_merged(stream.parts, stream.part_seconds))
    span = sum(seconds for seconds, _ in parts) or 1.0
    highest = max((part.messages / seconds for seconds, part in parts), default=0.0) or 1.0
    latest = max((part.delay for _, part in parts), default=0.0) or 1.0
    spreads = (("Delay", stream.delay), ("Jitter", stream.jitter), ("Ping to Pong", stream.pong))
    scale = (
        None if stream.delay is None or not stream.buckets else scale_for([bucket.high for bucket in stream.buckets])
    )
    return StreamView(
        stream=stream,
        scale=scale,
        bars=() if scale is None else tuple(_bars(stream.buckets, scale)),
        columns=tuple(_columns(parts, span, highest, latest)),
        marks=tuple(_marks(stream.findings, span)),
        ticks=tuple((100 * n / TICKS, duration(span * n / TICKS) if n else "0 s") for n in range(TICKS + 1)),
        highest=highest,
        latest=latest,
        spreads=tuple((name, spread) for name, spread in spreads if spread is not None),
        kinds=tuple(sorted(stream.kinds.items(), key=lambda pair: -pair[1])[:KINDS]),
        recoveries=stream.recoveries[:RECOVERIES],
        findings=stream.findings[:FINDINGS],
        floor=tuple(noise_seconds(run)),
    )


def _merged(parts: Sequence[StreamPart], seconds: float) -> Iterator[tuple[float, StreamPart]]:
    """Yield at most PARTS parts, each behind the seconds that it lasts."""
    size = -(-len(parts) // PARTS) or 1
    for start in range(0, len(parts), size):
        group = parts[start : start + size]
        yield (
            seconds * len(group),
            StreamPart(
                messages=sum(part.messages for part in group),
                bytes=sum(part.bytes for part in group),
                delay=max(part.delay for part in group),
                findings=sum(part.findings for part in group),
            ),
        )


def _columns(parts: Sequence[tuple[float, StreamPart]], span: float, highest: float, latest: float) -> Iterator[Column]:
    start = 0.0
    for seconds, part in parts:
        rate = part.messages / seconds
        yield Column(
            at=100 * start / span,
            width=100 * seconds / span,
            start=start,
            rate=rate,
            share=rate / highest,
            delay=part.delay,
            lateness=part.delay / latest,
        )
        start += seconds


def _marks(findings: Sequence[StreamFinding], span: float) -> Iterator[Mark]:
    for finding in findings[:MARKS]:
        words = f"{duration(finding.t)}: {finding.detail}"
        yield Mark(min(100.0, 100 * finding.t / span), words, finding.breaks)


def _bars(buckets: Sequence[Bucket], scale: Scale) -> Iterator[Bar]:
    """Yield a bar for each part of the scale that some bucket lies in, by the bucket's middle."""
    number = (scale.high - scale.low) * BARS_PER_DECADE

    def place(bucket: Bucket) -> int:
        middle = min(LONGEST, max(SHORTEST, (bucket.low + bucket.high) / 2))
        return min(number - 1, int(scale.place(middle) * number / 100))

    ordered = sorted(buckets, key=place)
    counts = {at: sum(bucket.count for bucket in group) for at, group in groupby(ordered, place)}
    highest = max(counts.values(), default=0) or 1
    for at, count in counts.items():
        low, high = (10.0 ** (scale.low + edge / BARS_PER_DECADE) for edge in (at, at + 1))
        yield Bar(low, high, count, count / highest)
