"""Faulty copies of the reference for the area fragmentation."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace
from ws_reference import Connection, FrameHeader, Opcode, Receiving
from ws_reference.rules import (
    continuation_has_a_message,
    control_frame_is_final,
    new_message_waits_for_the_end_of_the_last,
)

from ws_conformance.model import BOTH
from ws_conformance.mutants.base import Mutant, with_connection, without_rule
from ws_conformance.mutants.faults import (
    Frames,
    changing,
    edited,
    excusing,
    has_opcode,
    is_behind,
    is_inside_a_message,
    losing,
    refusing,
    under_way,
    with_payload,
)
from ws_conformance.wire import BINARY, CONTINUATION, PING, PONG, TEXT, WireFrame

CONTINUATION_NEEDS_A_MESSAGE = ("6455/5.4/continuation-needs-a-message",)
NEW_MESSAGE_WAITS = ("6455/5.4/new-message-waits-for-the-end-of-the-last",)
FRAGMENTED_CONTROL_FAILS = ("6455/5.5/fragmented-control-frame-fails",)
REASSEMBLED = ("6455/5.4/fragments-are-reassembled",)
ANY_SIZE = ("6455/5.4/fragments-of-any-size-are-accepted",)
NEXT_BEGINS_ANEW = ("6455/6.2/next-data-frame-begins-a-new-message",)
MAY_COME_BETWEEN = ("6455/5.4/control-frames-may-come-between-fragments",)
ANSWERED_BETWEEN = ("6455/5.4/control-frame-is-answered-between-fragments",)


# --- gaps: headers that a rule overlooks ---


def is_final(header: FrameHeader, receiving: Receiving) -> bool:
    return header.fin


def is_not_final(header: FrameHeader, receiving: Receiving) -> bool:
    return not header.fin


# --- what may be known of a frame from those before it ---


def data_of(frames: Sequence[WireFrame]) -> list[WireFrame]:
    return [frame for frame in frames if not frame.is_control]


def fragments_of_the_message(frame: WireFrame, before: Sequence[WireFrame]) -> list[WireFrame]:
    """Return the fragments of the message that ``frame`` belongs to, itself the last."""
    fragments = [frame]
    for other in reversed(data_of(before)):
        if other.fin:
            break
        fragments.insert(0, other)
    return fragments


def is_stray(frame: WireFrame, before: Sequence[WireFrame]) -> bool:
    return frame.opcode == CONTINUATION and not under_way(before)


def is_empty_stray(frame: WireFrame, before: Sequence[WireFrame]) -> bool:
    return is_stray(frame, before) and not frame.payload


def is_stray_after_a_message(frame: WireFrame, before: Sequence[WireFrame]) -> bool:
    return is_stray(frame, before) and bool(data_of(before))


def is_stray_after_a_message_in_fragments(frame: WireFrame, before: Sequence[WireFrame]) -> bool:
    return is_stray(frame, before) and any(other.opcode == CONTINUATION for other in before)


def is_stray_behind_a_pong(frame: WireFrame, before: Sequence[WireFrame]) -> bool:
    return is_stray(frame, before) and is_behind(PONG, before)


def begins_inside(frame: WireFrame, before: Sequence[WireFrame]) -> bool:
    return frame.opcode in (TEXT, BINARY) and under_way(before)


def begins_inside_one_of_its_type(frame: WireFrame, before: Sequence[WireFrame]) -> bool:
    return begins_inside(frame, before) and fragments_of_the_message(frame, before)[0].opcode == frame.opcode


def begins_inside_another_type(frame: WireFrame, before: Sequence[WireFrame]) -> bool:
    return begins_inside(frame, before) and fragments_of_the_message(frame, before)[0].opcode != frame.opcode


def begins_behind_an_empty_fragment(frame: WireFrame, before: Sequence[WireFrame]) -> bool:
    return begins_inside(frame, before) and not data_of(before)[-1].payload


def begins_behind_a_continuation(frame: WireFrame, before: Sequence[WireFrame]) -> bool:
    return begins_inside(frame, before) and data_of(before)[-1].opcode == CONTINUATION


def begins_behind_a_ping(frame: WireFrame, before: Sequence[WireFrame]) -> bool:
    return begins_inside(frame, before) and is_behind(PING, before)


def begins_empty_inside(frame: WireFrame, before: Sequence[WireFrame]) -> bool:
    return begins_inside(frame, before) and not frame.payload


def is_empty_fragment(frame: WireFrame, before: Sequence[WireFrame]) -> bool:
    return not frame.payload and (frame.opcode == CONTINUATION or (not frame.fin and not frame.is_control))


def is_empty_first_fragment(frame: WireFrame, before: Sequence[WireFrame]) -> bool:
    return not frame.payload and not frame.fin and frame.opcode in (TEXT, BINARY)


def is_empty_continuation(frame: WireFrame, before: Sequence[WireFrame]) -> bool:
    return not frame.payload and frame.opcode == CONTINUATION


def is_empty_last_fragment(frame: WireFrame, before: Sequence[WireFrame]) -> bool:
    return is_empty_continuation(frame, before) and frame.fin


def is_middle_fragment(frame: WireFrame, before: Sequence[WireFrame]) -> bool:
    return frame.opcode == CONTINUATION and not frame.fin


def is_fragment_of_one_byte(frame: WireFrame, before: Sequence[WireFrame]) -> bool:
    return len(frame.payload) == 1 and (frame.opcode == CONTINUATION or not frame.fin) and not frame.is_control


def is_long_fragment(frame: WireFrame, before: Sequence[WireFrame]) -> bool:
    return len(frame.payload) > 125 and (frame.opcode == CONTINUATION or not frame.fin)


def is_beyond_the_hundredth(frame: WireFrame, before: Sequence[WireFrame]) -> bool:
    return len(fragments_of_the_message(frame, before)) > 100


def is_first_of_a_binary(frame: WireFrame, before: Sequence[WireFrame]) -> bool:
    return frame.opcode == BINARY and not frame.fin


def is_first_of_a_text(frame: WireFrame, before: Sequence[WireFrame]) -> bool:
    return frame.opcode == TEXT and not frame.fin


def is_ping_inside(frame: WireFrame, before: Sequence[WireFrame]) -> bool:
    return frame.opcode == PING and under_way(before)


def is_empty_ping_inside(frame: WireFrame, before: Sequence[WireFrame]) -> bool:
    return is_ping_inside(frame, before) and not frame.payload


def is_long_ping_inside(frame: WireFrame, before: Sequence[WireFrame]) -> bool:
    return is_ping_inside(frame, before) and len(frame.payload) == 125


def is_second_ping_inside(frame: WireFrame, before: Sequence[WireFrame]) -> bool:
    return is_ping_inside(frame, before) and any(is_ping_inside(p, before[:i]) for i, p in enumerate(before))


def is_ping_behind_a_continuation(frame: WireFrame, before: Sequence[WireFrame]) -> bool:
    return is_ping_inside(frame, before) and data_of(before)[-1].opcode == CONTINUATION


def is_ping_in_a_binary(frame: WireFrame, before: Sequence[WireFrame]) -> bool:
    return is_ping_inside(frame, before) and fragments_of_the_message(frame, before)[0].opcode == BINARY


def is_pong_inside(frame: WireFrame, before: Sequence[WireFrame]) -> bool:
    return frame.opcode == PONG and under_way(before)


def is_empty_fragment_of_control(frame: WireFrame, before: Sequence[WireFrame]) -> bool:
    return frame.is_control and not frame.fin and not frame.payload


def is_control_of_125_bytes(frame: WireFrame, before: Sequence[WireFrame]) -> bool:
    return frame.is_control and len(frame.payload) == 125


# --- what is done to them ---


def final(frame: WireFrame) -> WireFrame:
    return replace(frame, fin=True)


def as_text(frame: WireFrame) -> WireFrame:
    return replace(frame, opcode=TEXT)


def as_binary(frame: WireFrame) -> WireFrame:
    return replace(frame, opcode=BINARY)


def as_continuation(frame: WireFrame) -> WireFrame:
    return replace(frame, opcode=CONTINUATION)


def as_middle_fragment(frame: WireFrame) -> WireFrame:
    return replace(frame, opcode=CONTINUATION, fin=False)


def as_last_fragment(frame: WireFrame) -> WireFrame:
    return replace(with_payload(frame, b""), opcode=CONTINUATION)


def each_fragment_a_message(frame: WireFrame, before: Sequence[WireFrame]) -> Frames:
    return (frame if frame.is_control else replace(frame, opcode=frame.opcode or TEXT, fin=True),)


def whole_message_of(fragments: Sequence[WireFrame], payloads: Sequence[WireFrame]) -> WireFrame:
    """Return the message of ``fragments`` in one frame, with ``payloads`` for its payload."""
    return replace(with_payload(fragments[0], b"".join(part.payload for part in payloads)), fin=True)


def fragments_backwards(frame: WireFrame, before: Sequence[WireFrame]) -> Frames:
    if frame.is_control:
        return (frame,)
    fragments = fragments_of_the_message(frame, before)
    return (whole_message_of(fragments, fragments[::-1]),) if frame.fin else ()


def first_and_last_fragment_only(frame: WireFrame, before: Sequence[WireFrame]) -> Frames:
    return () if is_middle_fragment(frame, before) else (frame,)


def the_last_message_in_front(frame: WireFrame, before: Sequence[WireFrame]) -> Frames:
    """Leave the fragments of the last message in the buffer for the next."""
    if not is_first_of_a_text(frame, before) and not is_first_of_a_binary(frame, before):
        return (frame,)
    return (with_payload(frame, b"".join(other.payload for other in data_of(before)) + frame.payload),)


def the_type_of_the_first_message(frame: WireFrame, before: Sequence[WireFrame]) -> Frames:
    data = data_of([*before, frame])
    return (replace(frame, opcode=data[0].opcode) if frame.opcode in (TEXT, BINARY) else frame,)


def pings_after_the_message(frame: WireFrame, before: Sequence[WireFrame]) -> Frames:
    """Leave Pings inside a message until it is over."""
    if is_ping_inside(frame, before):
        return ()
    waiting = []
    if frame.fin and frame.opcode == CONTINUATION and under_way(before):
        first = fragments_of_the_message(frame, before)[0]
        start = max(i for i, other in enumerate(before) if other is first)
        waiting = [other for other in before[start:] if other.opcode == PING]
    return (frame, *waiting)


def pings_added_to_the_message(frame: WireFrame, before: Sequence[WireFrame]) -> Frames:
    return (frame, as_middle_fragment(frame)) if is_ping_inside(frame, before) else (frame,)


def message_ended_by_a_ping(frame: WireFrame, before: Sequence[WireFrame]) -> Frames:
    return (as_last_fragment(frame), frame) if is_ping_inside(frame, before) else (frame,)


def control_frames_reassembled(frame: WireFrame, before: Sequence[WireFrame]) -> Frames:
    if frame.is_control and not frame.fin:
        return ()
    if frame.opcode == CONTINUATION and before and before[-1].is_control and not before[-1].fin:
        return (final(with_payload(before[-1], before[-1].payload + frame.payload)),)
    return (frame,)


def in_two_fragments(frame: WireFrame, before: Sequence[WireFrame]) -> Frames:
    if frame.opcode != PONG:
        return (frame,)
    half = len(frame.payload) // 2
    return (
        replace(with_payload(frame, frame.payload[:half]), fin=False),
        replace(with_payload(frame, frame.payload[half:]), opcode=CONTINUATION),
    )


def begun_twice(frame: WireFrame, before: Sequence[WireFrame]) -> Frames:
    return (replace(frame, fin=False), frame) if frame.opcode in (TEXT, BINARY) else (frame,)


def is_binary(frame: WireFrame, before: Sequence[WireFrame]) -> bool:
    return frame.opcode == BINARY


class ForgetsTheMessageOnPing(Connection):
    def answer_ping(self, payload: bytes) -> None:
        self._message = None
        super().answer_ping(payload)


ORDER: tuple[Mutant, ...] = (
    Mutant(
        name="takes a stray continuation for the beginning of a message",
        breaks=CONTINUATION_NEEDS_A_MESSAGE,
        make=without_rule(continuation_has_a_message),
        roles=BOTH,
    ),
    *(
        Mutant(
            name=f"accepts {what}",
            breaks=CONTINUATION_NEEDS_A_MESSAGE,
            make=excusing(continuation_has_a_message, gap),
        )
        for what, gap in (
            ("final stray continuations", is_final),
            ("stray continuations that are not final", is_not_final),
        )
    ),
    *(
        Mutant(name=f"ignores {what}", breaks=CONTINUATION_NEEDS_A_MESSAGE, make=edited(incoming=losing(which)))
        for what, which in (
            ("stray continuations", is_stray),
            ("empty stray continuations", is_empty_stray),
            ("stray continuations after a message", is_stray_after_a_message),
            ("stray continuations after a message in fragments", is_stray_after_a_message_in_fragments),
            ("stray continuations behind a Pong", is_stray_behind_a_pong),
        )
    ),
    Mutant(
        name="lets a new message begin inside another",
        breaks=NEW_MESSAGE_WAITS,
        make=without_rule(new_message_waits_for_the_end_of_the_last),
        roles=BOTH,
    ),
    *(
        Mutant(
            name=f"lets {what} begin inside another",
            breaks=NEW_MESSAGE_WAITS,
            make=excusing(new_message_waits_for_the_end_of_the_last, gap),
        )
        for what, gap in (
            ("a text", has_opcode(TEXT)),
            ("a binary message", has_opcode(BINARY)),
            ("a message in one frame", is_final),
            ("a message in fragments", is_not_final),
        )
    ),
    *(
        Mutant(
            name=f"takes {what} for a continuation",
            breaks=NEW_MESSAGE_WAITS,
            make=edited(incoming=changing(which, as_continuation)),
        )
        for what, which in (
            ("a message inside another", begins_inside),
            ("a message inside one of its type", begins_inside_one_of_its_type),
            ("a message inside one of another type", begins_inside_another_type),
            ("a message behind an empty first fragment", begins_behind_an_empty_fragment),
            ("a message behind a continuation that is not final", begins_behind_a_continuation),
            ("a message behind a Ping inside another", begins_behind_a_ping),
            ("an empty message inside another", begins_empty_inside),
        )
    ),
)

REASSEMBLY: tuple[Mutant, ...] = (
    Mutant(
        name="delivers each fragment as a message", breaks=REASSEMBLED, make=edited(incoming=each_fragment_a_message)
    ),
    Mutant(
        name="joins fragments in the wrong order",
        breaks=("6455/5.4/fragments-are-delivered-in-order", *REASSEMBLED),
        make=edited(incoming=fragments_backwards),
    ),
    Mutant(
        name="loses all fragments but the first and the last",
        breaks=REASSEMBLED,
        make=edited(incoming=first_and_last_fragment_only),
    ),
    *(
        Mutant(
            name=f"takes {what}",
            breaks=("6455/5.4/first-fragment-sets-the-type",),
            make=edited(incoming=changing(which, change)),
        )
        for what, which, change in (
            ("a binary message in fragments for text", is_first_of_a_binary, as_text),
            ("a text in fragments for binary", is_first_of_a_text, as_binary),
        )
    ),
    Mutant(
        name="takes every message for the type of the first",
        breaks=("6455/5.4/first-fragment-sets-the-type", *NEXT_BEGINS_ANEW),
        make=edited(incoming=the_type_of_the_first_message),
    ),
    Mutant(
        name="keeps the last message in front of the next",
        breaks=NEXT_BEGINS_ANEW,
        make=edited(incoming=the_last_message_in_front),
    ),
    *(
        Mutant(name=name, breaks=ANY_SIZE, make=edited(incoming=edit))
        for name, edit in (
            ("loses an empty first fragment", losing(is_empty_first_fragment)),
            ("loses an empty last fragment", losing(is_empty_last_fragment)),
            ("fails on empty fragments", refusing(is_empty_fragment)),
            ("takes an empty continuation for the end of the message", changing(is_empty_continuation, final)),
            ("loses fragments of one byte", losing(is_fragment_of_one_byte)),
            ("fails on fragments of more than 125 bytes", refusing(is_long_fragment)),
        )
    ),
    Mutant(
        name="fails on more than a hundred fragments",
        breaks=REASSEMBLED,
        make=edited(incoming=refusing(is_beyond_the_hundredth)),
    ),
)

CONTROL_BETWEEN: tuple[Mutant, ...] = (
    *(
        Mutant(name=name, breaks=MAY_COME_BETWEEN, make=edited(incoming=edit))
        for name, edit in (
            ("fails on a Ping inside a message", refusing(is_ping_inside)),
            ("fails on a second Ping inside a message", refusing(is_second_ping_inside)),
            ("fails on a Pong inside a message", refusing(is_pong_inside)),
            ("takes a Ping inside a message for a fragment", changing(is_ping_inside, as_middle_fragment)),
            ("takes a Pong inside a message for a fragment", changing(is_pong_inside, as_middle_fragment)),
            ("answers a Ping and adds it to the message", pings_added_to_the_message),
            ("ends a message where a Ping comes", message_ended_by_a_ping),
        )
    ),
    Mutant(
        name="forgets the message when a Ping comes",
        breaks=MAY_COME_BETWEEN,
        make=with_connection(ForgetsTheMessageOnPing),
    ),
    *(
        Mutant(name=name, breaks=ANSWERED_BETWEEN, make=edited(incoming=edit))
        for name, edit in (
            ("answers no Ping inside a message", losing(is_ping_inside)),
            ("answers a Ping inside a message when that is over", pings_after_the_message),
            ("answers no empty Ping inside a message", losing(is_empty_ping_inside)),
            ("answers no Ping of 125 bytes inside a message", losing(is_long_ping_inside)),
            ("answers no second Ping inside a message", losing(is_second_ping_inside)),
            ("answers no Ping behind a continuation", losing(is_ping_behind_a_continuation)),
            ("answers no Ping inside a binary message", losing(is_ping_in_a_binary)),
        )
    ),
)

FRAGMENTED_CONTROL: tuple[Mutant, ...] = (
    Mutant(
        name="accepts fragmented control frames",
        breaks=FRAGMENTED_CONTROL_FAILS,
        make=without_rule(control_frame_is_final),
        roles=BOTH,
    ),
    *(
        Mutant(
            name=f"accepts fragmented {what}",
            breaks=FRAGMENTED_CONTROL_FAILS,
            make=excusing(control_frame_is_final, gap),
        )
        for what, gap in (
            ("Pings", has_opcode(PING)),
            ("Pongs", has_opcode(PONG)),
            ("Closes", has_opcode(Opcode.CLOSE)),
            ("control frames inside a message", is_inside_a_message),
        )
    ),
    *(
        Mutant(
            name=f"accepts fragmented control frames {what}",
            breaks=FRAGMENTED_CONTROL_FAILS,
            make=edited(incoming=changing(which, final)),
        )
        for what, which in (
            ("without payload", is_empty_fragment_of_control),
            ("of 125 bytes", is_control_of_125_bytes),
        )
    ),
    Mutant(
        name="puts fragmented control frames together again",
        breaks=FRAGMENTED_CONTROL_FAILS,
        make=edited(incoming=control_frames_reassembled),
    ),
)

SENDING: tuple[Mutant, ...] = (
    Mutant(
        name="sends its Pongs in two fragments",
        breaks=("6455/5.5/control-frames-are-not-fragmented",),
        make=edited(outgoing=in_two_fragments),
    ),
    Mutant(
        name="sends continuations that continue nothing",
        breaks=("6455/5.4/sender-continuation-needs-a-message",),
        make=edited(outgoing=changing(is_binary, as_continuation)),
    ),
    Mutant(
        name="begins its messages twice",
        breaks=("6455/5.4/sender-does-not-interleave-messages",),
        make=edited(outgoing=begun_twice),
    ),
)

MUTANTS: tuple[Mutant, ...] = (*ORDER, *REASSEMBLY, *CONTROL_BETWEEN, *FRAGMENTED_CONTROL, *SENDING)
