"""The pictures of a stream hold what the record has, in bounded space; what a target wrote is nothing but text."""

from __future__ import annotations

import msgspec
import pytest
from ws_reports.events import read_events, write_events
from ws_reports.example import example_run
from ws_reports.html import render
from ws_reports.html.stream import PARTS, stream_view
from ws_reports.record import Bucket, Run, Spread, Stream, StreamFinding, StreamPart, decode, encode

SPREAD = Spread(count=3, mean=0.002, p50=0.001, p90=0.004, p99=0.004, p999=0.004, longest=0.004)
STREAM = Stream(
    profile="exchange",
    seconds=10.0,
    connections=2,
    messages=30,
    payload_bytes=3_000,
    wire_bytes=2_000,
    compressed_bytes=1_000,
    inflated_bytes=3_000,
    inflating_seconds=0.001,
    kinds={"trade": 20, "delta": 10},
    delay=SPREAD,
    jitter=SPREAD,
    pong=SPREAD,
    buckets=(Bucket(low=0.001, high=0.0011, count=2), Bucket(low=0.004, high=0.0041, count=1)),
    first_message=0.01,
    recoveries=(0.5,),
    part_seconds=0.5,
    parts=tuple(StreamPart(messages=n, delay=0.001 * n, findings=int(n == 7)) for n in range(20)),
    findings=(StreamFinding(t=3.6, rule="stream/sequence-has-no-gap", detail="number 7 is missing"),),
    memory=64 << 20,
)
HOSTILE = "<script>owned = 1</script>\x1b[2J\u202e{{7*7}}"


def with_stream(stream: Stream) -> Run:
    return msgspec.structs.replace(example_run(), stream=stream)


def test_a_stream_is_drawn_and_told() -> None:
    page = render(with_stream(STREAM))

    assert '<section class="view" id="stream"' in page
    assert page.count('<rect class="late"') == 19
    assert "number 7 is missing" in page
    assert "33 % of 3,000 bytes" in page
    assert "64 MiB" in page


def test_a_run_without_a_stream_has_no_view_of_one() -> None:
    assert stream_view(example_run()) is None
    assert 'id="stream"' not in render(example_run())


def test_a_record_with_a_stream_is_read_as_it_was_written() -> None:
    run = with_stream(STREAM)

    assert decode(encode(run)) == run
    assert read_events(write_events(run)).stream == STREAM


def test_what_a_target_wrote_is_nothing_but_text() -> None:
    findings = (StreamFinding(t=1.0, rule=HOSTILE, detail=HOSTILE),)
    page = render(with_stream(msgspec.structs.replace(STREAM, profile=HOSTILE, kinds={HOSTILE: 1}, findings=findings)))

    assert "<script>owned" not in page
    assert "\x1b" not in page
    assert "\u202e" not in page


@pytest.mark.parametrize(
    "stream",
    [
        msgspec.structs.replace(STREAM, parts=(StreamPart(messages=1),) * 100_000),
        msgspec.structs.replace(STREAM, findings=STREAM.findings * 100_000),
        msgspec.structs.replace(STREAM, kinds={str(n): n for n in range(10_000)}),
        msgspec.structs.replace(STREAM, recoveries=(1.0,) * 100_000),
        msgspec.structs.replace(STREAM, part_seconds=1e308, parts=(StreamPart(messages=1, delay=1e308),) * 5),
        msgspec.structs.replace(STREAM, part_seconds=5e-324, parts=(StreamPart(messages=10**18),) * 5),
        msgspec.structs.replace(STREAM, buckets=(Bucket(low=1e308, high=1e308, count=0),)),
        Stream(profile="", seconds=0.0, connections=0, messages=0),
    ],
    ids=["parts", "findings", "kinds", "recoveries", "large", "small", "empty bucket", "nothing"],
)
def test_whatever_a_record_holds_the_page_stays_small(stream: Stream) -> None:
    view = stream_view(with_stream(stream))

    assert view is not None
    assert len(view.columns) <= PARTS
    assert len(render(with_stream(stream)).encode()) < 2_000_000
