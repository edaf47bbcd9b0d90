#!/usr/bin/env python3
"""The reference's receive path, in both roles, with and without compression, under limits, in pieces of any length."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from harness import Choices, instrumented, main, pieces

with instrumented():
    from ws_reference import (
        BinaryReceived,
        CloseCode,
        Connection,
        ConnectionFailed,
        Event,
        Limits,
        Parameters,
        PerMessageDeflate,
        Role,
        State,
        TextReceived,
    )

KEY = bytes.fromhex("37fa213d")


def test_one_input(data: bytes) -> None:
    """Whole or in pieces, the same bytes are the same events, and nothing is read behind the last of them."""
    choices = Choices(data)
    configuration = Configuration(choices)
    length = choices.number(32)
    received = choices.rest()

    whole, cut = configuration.connection(), configuration.connection()
    events = list(receive(whole, [received]))

    assert told(receive(cut, pieces(received, length))) == told(events)
    assert ended(cut) == ended(whole)
    if whole.state is State.CLOSED:
        assert whole.receive(received) == []
    whole.receive_end()
    assert whole.should_end


class Configuration:
    """What connections of one input have in common."""

    def __init__(self, choices: Choices) -> None:
        self.role = (Role.SERVER, Role.CLIENT)[choices.number(2)]
        self.compresses = choices.flag()
        self.parameters = Parameters(
            server_no_context_takeover=choices.flag(),
            client_no_context_takeover=choices.flag(),
            server_max_window_bits=8 + choices.number(8),
            client_max_window_bits=8 + choices.number(8),
        )
        most = 8 << choices.number(14)
        self.limits = Limits(frame_length=most, message_length=2 * most, fragments=16)

    def connection(self) -> Connection:
        compression = PerMessageDeflate(self.role, self.parameters, limits=self.limits) if self.compresses else None
        return Connection(self.role, new_masking_key=lambda: KEY, limits=self.limits, compression=compression)


def receive(connection: Connection, data: Iterable[bytes]) -> Iterator[Event]:
    """Yield what ``connection`` tells of ``data``, and send back each message as long as messages may be sent."""
    for piece in data:
        for event in connection.receive(piece):
            yield event
            match event:
                case TextReceived(text) if connection.state is State.OPEN:
                    connection.send_text(text)
                case BinaryReceived(payload) if connection.state is State.OPEN:
                    connection.send_binary(payload)
    connection.bytes_to_send()


def told(events: Iterable[Event]) -> list[Event | int | None]:
    """Return ``events``, of a failure only its kind: of two faults at once, the cut may decide which is seen."""
    return [kind(event.violation.close_code) if isinstance(event, ConnectionFailed) else event for event in events]


def ended(connection: Connection) -> tuple[State, bool, int | None]:
    return connection.state, connection.should_end, kind(connection.close_code)


def kind(code: int | None) -> int | None:
    """Return ``code``, but 1007 for 1009: a message may be longer than its limit and no text, or no DEFLATE, too."""
    return CloseCode.INVALID_DATA if code == CloseCode.TOO_BIG else code


if __name__ == "__main__":
    main(test_one_input)
