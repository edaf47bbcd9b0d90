#!/usr/bin/env python3
"""A whole case against a hostile target: what it says is judged, recorded, shown, and found again in the recording."""

from __future__ import annotations

from harness import Choices, instrumented, main, pieces

with instrumented():
    from ws_conformance.cases import CASES
    from ws_conformance.examiner import Examiner, replay
    from ws_conformance.model import Setting
    from ws_conformance.peer import Chunk, Signal
    from ws_conformance.recording import record_result
    from ws_reports.console import failure_block
    from ws_reports.events import case_line
    from ws_reports.example import example_run

NAMES = (
    "handshake/subprotocol/chat",
    "handshake/behind-refusal/valid-request",
    "client/accept/missing",
    "framing/mask/unmasked-text",
    "framing/length/text-of-126-bytes",
    "fragmentation/control/echo-from-target",
    "control/ping/empty",
    "closing/codes/received-1000",
)
PLAYED = [(case, role) for case in CASES for role in sorted(case.roles, key=str) if case.id in NAMES]
ROUNDS = 10_000


def test_one_input(data: bytes) -> None:
    """Whatever a target says and when, the case ends, and its record can be written, shown and replayed."""
    choices = Choices(data)
    case, role = PLAYED[choices.number(len(PLAYED))]
    length, how = choices.number(64), choices.number(3)
    ending = (Signal.END, Signal.RESET, None)[how]
    examiner = Examiner(case, role, Setting())
    said: list[Chunk] = [*pieces(choices.rest(), length), *([] if ending is None else [ending])]

    now = 0.0
    for _ in range(ROUNDS):
        examiner.transmit(now)
        if examiner.finding is not None:
            break
        if said:
            examiner.receive(said.pop(0), now)
        else:
            now = examiner.next_deadline() or now
    result = examiner.result()
    record = record_result(result, n=1, target="t1", seconds=now, run_id="FUZZED")

    assert replay(result) == result.finding
    assert case_line(record).isascii() or case_line(record).decode()
    assert all(line.isprintable() for line in failure_block(record, example_run()).splitlines())


if __name__ == "__main__":
    main(test_one_input)
