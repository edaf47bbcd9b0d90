"""The oracle: what it permits after a script, and what it does not."""

from __future__ import annotations

import pytest
from ws_conformance.catalogue import load_catalogue
from ws_conformance.coverage import requirements_of
from ws_conformance.memory import rehearse
from ws_conformance.model import Answer, End, Open, Request, Send, SendBytes, Stimulus
from ws_conformance.mutants import MUTANTS, reference_peer
from ws_conformance.peer import Role
from ws_conformance.vocabulary import close_frame, fragments, frame, request, response
from ws_conformance.wire import BINARY, CONTINUATION, PING, PONG, TEXT, WireFrame, serialize
from ws_fuzz.adapters import WebsocketsPeer, WsprotoPeer
from ws_fuzz.detection import examples_of_all_kinds
from ws_fuzz.opinions import Opinion, opinion_of
from ws_fuzz.oracle import OutsideError, complete
from ws_fuzz.puppets import FRAME_ACTS, OPENING_ACTS, Puppet
from ws_fuzz.script import Script

pytestmark = pytest.mark.exhaustive

EXAMPLES = 60

PASSES, LENIENT, FAILS = Opinion.PASSES, Opinion.LENIENT, Opinion.FAILS
OPENING: dict[Role, Stimulus] = {Role.SERVER: Open(request()), Role.CLIENT: Answer(response())}
LATE = Script(
    role=Role.SERVER,
    turns=(
        (Open(request()),),
        (Send((WireFrame(TEXT, b"\xff", fin=False), frame(PING, b"not yet"))),),
        (Send((frame(CONTINUATION, "the end"),)),),
    ),
)
"""A text that is no UTF-8 from its first byte on, whose end comes later."""


def saying(*frames: WireFrame, role: Role = Role.SERVER) -> Script:
    """Return a script that opens and then says ``frames`` in one turn."""
    return Script(role=role, turns=((OPENING[role],), (Send(frames),)))


def asking(asked: Request) -> Script:
    return Script(role=Role.SERVER, turns=((Open(asked),),))


def opinion(script: Script, act: str, *, moment: int = 2) -> Opinion:
    """Return what the oracle thinks of a target that does ``act`` when it has heard so many chunks."""
    acts = OPENING_ACTS if moment == 1 and script.role is Role.SERVER else FRAME_ACTS
    puppet = Puppet(
        reference_peer(script.role), script.role, moment=moment, act=next(one for one in acts if one.name == act)
    )
    return opinion_of(rehearse(complete(script, fenced=False), puppet, script.role))


@pytest.mark.parametrize("role", Role)
def test_a_completed_script_is_a_case_whose_id_follows_from_what_it_says(role: Role) -> None:
    script = saying(frame(TEXT, "Hello"), role=role)

    case = complete(script)

    assert case.id == f"fuzz/{role.value}/{script.digest}"
    assert case.roles == {role}
    assert case.verifies == ("6455/5.6/valid-text-is-accepted",)
    assert complete(script) == case


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("asks for *", FAILS),
        ("asks for an http URI", FAILS),
        ("has Host at the end", LENIENT),
        ("has a word as Origin", FAILS),
        ("offers an empty list of subprotocols", FAILS),
        ("takes chunks, it says", FAILS),
        ("has a length of 0", LENIENT),
        ("announces chunks", FAILS),
        ("expects a 100", FAILS),
        ("has a NUL in a value", FAILS),
    ],
)
def test_a_script_that_says_no_more_than_the_answer_is_about_the_request(fault: str, expected: Opinion) -> None:
    faulty = next(mutant for mutant in MUTANTS if mutant.name == f"client that {fault}")
    case = complete(Script(role=Role.CLIENT, turns=((Answer(response()),),)))

    assert opinion_of(rehearse(case, reference_peer(Role.CLIENT), Role.CLIENT)) is PASSES
    assert opinion_of(rehearse(case, faulty.make(Role.CLIENT), Role.CLIENT)) is expected


@pytest.mark.parametrize("role", Role)
def test_what_completed_scripts_decide_is_in_the_catalogue(role: Role) -> None:
    known = load_catalogue().keys()

    for example in examples_of_all_kinds(role, EXAMPLES):
        assert set(requirements_of(example.case, frozenset({role}))) <= known, example.script


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize(
    ("frames", "act", "expected"),
    [
        ((frame(PING, "one"), frame(PING, "two")), "answers the last Ping", PASSES),
        ((frame(PING, "one"),), "says nothing", FAILS),
        ((frame(TEXT, "text"), frame(PING, "ping")), "answers the Ping, then the message", PASSES),
        ((frame(TEXT, "text"), frame(PING, "ping")), "answers the message, then the Ping", PASSES),
        ((frame(TEXT, "text"),), "echoes the last message twice", FAILS),
        ((frame(BINARY, bytes(200)),), "says Close 1009 and ends", PASSES),
        ((frame(TEXT, "text", rsv=1),), "says Close 1002 and ends", PASSES),
        ((frame(TEXT, "text", rsv=1),), "says Close 1008 and ends", LENIENT),
        ((frame(TEXT, "text", rsv=1),), "ends TCP", LENIENT),
        ((frame(TEXT, "text", rsv=1),), "echoes the last message", FAILS),
        ((frame(PING, "ping", rsv=1),), "answers the last Ping", FAILS),
        ((frame(TEXT, b"\xc3("),), "says Close 1007 and ends", PASSES),
        ((frame(TEXT, b"\xc3"),), "says Close 1007 and ends", PASSES),
        ((frame(TEXT, "five", length_bytes=2),), "echoes the last message", LENIENT),
        ((frame(TEXT, "five", length_bytes=2),), "says Close 1002 and ends", PASSES),
        ((close_frame(1000),), "says Close 1000 and ends", PASSES),
        ((close_frame(1000),), "says Close 1001 and ends", PASSES),
        ((close_frame(1000),), "says Close 1002 and ends", FAILS),
        ((close_frame(1000),), "ends TCP", FAILS),
        ((close_frame(4000),), "repeats the Close and ends", PASSES),
        ((close_frame(1005),), "says Close 1002 and ends", PASSES),
        ((close_frame(1005),), "repeats the Close and ends", FAILS),
        ((close_frame(999),), "repeats the Close and ends", LENIENT),
        ((close_frame(1012),), "says Close 1002 and ends", LENIENT),
        ((frame(TEXT, "half", fin=False), close_frame(1000)), "says Close 1002 and ends", PASSES),
        ((frame(TEXT, "text"), close_frame(1000)), "says Close 1000 and ends", PASSES),
        ((frame(PING, "ping"), close_frame(1000)), "says Close 1000 and ends", LENIENT),
    ],
)
def test_the_oracle_permits_what_the_rfc_does(
    role: Role, frames: tuple[WireFrame, ...], act: str, expected: Opinion
) -> None:
    assert opinion(saying(*frames, role=role), act) is expected


def test_a_text_that_cannot_become_utf_8_may_fail_at_once_or_at_its_end() -> None:
    assert opinion(LATE, "says Close 1007 and ends", moment=2) is PASSES
    assert opinion(LATE, "says Close 1007 and ends", moment=3) is PASSES
    assert opinion(LATE, "echoes the last message", moment=3) is FAILS
    for checks_early in (reference_peer, WsprotoPeer):
        assert opinion_of(rehearse(complete(LATE), checks_early(Role.SERVER), Role.SERVER)) is PASSES
    assert opinion_of(rehearse(complete(LATE), WebsocketsPeer(Role.SERVER), Role.SERVER)) is PASSES  # at the end


def test_a_client_may_leave_the_end_of_tcp_to_the_server() -> None:
    offence = frame(TEXT, "text", rsv=1)

    assert opinion(saying(offence, role=Role.CLIENT), "says Close 1002 and stays") is PASSES
    assert opinion(saying(offence), "says Close 1002 and stays") is FAILS  # a server has to end it itself


@pytest.mark.parametrize(
    ("asked", "act", "expected"),
    [
        (request(), "opens", PASSES),
        (request(), "answers 400 Bad Request and ends", FAILS),
        (request(replacing={"Upgrade": "WEBSOCKET"}), "answers 400 Bad Request and ends", FAILS),
        (request(replacing={"Upgrade": "h2c, websocket"}), "answers 400 Bad Request and ends", LENIENT),
        (request(replacing={"Upgrade": "h2c"}), "answers 200 OK and ends", PASSES),
        (request(replacing={"Upgrade": "h2c"}), "opens", FAILS),
        (request(without=["Host"]), "answers 400 Bad Request and ends", PASSES),
        (request(without=["Host"]), "answers 403 Forbidden and ends", LENIENT),
        (request(without=["Host"]), "ends TCP", LENIENT),
        (request(without=["Host"]), "opens", FAILS),
        (request(replacing={"Sec-WebSocket-Key": "short"}), "opens", LENIENT),
        (request(replacing={"Sec-WebSocket-Key": ""}), "opens", FAILS),
        (request(replacing={"Sec-WebSocket-Version": "14"}), "answers 426 and says what it wants", PASSES),
        (request(replacing={"Sec-WebSocket-Version": "14"}), "answers 400 and names version 13", PASSES),
        (request(replacing={"Sec-WebSocket-Version": "14"}), "answers 400 Bad Request and ends", FAILS),
        (request(replacing={"Sec-WebSocket-Version": "7"}), "opens", PASSES),
        (request(line="POST {resource} HTTP/1.1"), "answers 405 and lists methods", PASSES),
        (request(line="POST {resource} HTTP/1.1"), "answers 405 Method Not Allowed and ends", LENIENT),
        (request(line="GET {resource} HTTP/1.0"), "opens", FAILS),
        (request(line="GET {resource} HTTP/1.2"), "opens", PASSES),
        (request(adding=[("Sec-WebSocket-Protocol", "chat")]), "opens with a subprotocol", PASSES),
        (request(adding=[("Sec-WebSocket-Protocol", "cha")]), "opens with a subprotocol", FAILS),
        (
            request(adding=[("Sec-WebSocket-Extensions", "permessage-deflate; server_max_window_bits=7")]),
            "opens with compression",
            FAILS,
        ),
        (request(adding=[("Sec-WebSocket-Extensions", "permessage-deflate")]), "opens with compression", PASSES),
        (request(adding=["X-Wsspec : anything"]), "opens", FAILS),
        (request(adding=["X-Wsspec"]), "opens", LENIENT),
        (request(adding=[("X-Wsspec", "anything")]), "answers 400 Bad Request and ends", FAILS),
    ],
)
def test_the_oracle_reads_requests(asked: Request, act: str, expected: Opinion) -> None:
    assert opinion(asking(asked), act, moment=1) is expected


@pytest.mark.parametrize(
    ("answer", "act", "expected"),
    [
        (response(), "answers the last Ping", PASSES),
        (response(), "ends TCP", FAILS),
        (response(line="HTTP/1.1 200 OK"), "ends TCP", PASSES),
        (response(line="HTTP/1.1 200 OK"), "answers the last Ping", FAILS),
        (response(replacing={"Upgrade": "websocket, example"}), "ends TCP", PASSES),
        (response(replacing={"Upgrade": "websocket, example"}), "answers the last Ping", PASSES),
        (response(replacing={"Sec-WebSocket-Accept": "{accept}="}), "answers the last Ping", FAILS),
        (response(adding=[("Sec-WebSocket-Accept", "{accept}")]), "answers the last Ping", LENIENT),
        (response(adding=[("Sec-WebSocket-Protocol", "CHAT")]), "answers the last Ping", FAILS),
        (response(adding=[("Sec-WebSocket-Extensions", "x-wsspec")]), "answers the last Ping", FAILS),
        (response(line="HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 101 S"), "ends TCP", LENIENT),
    ],
)
def test_the_oracle_reads_answers(answer: object, act: str, expected: Opinion) -> None:
    assert isinstance(answer, type(response()))
    script = Script(role=Role.CLIENT, turns=((Answer(answer),), (Send((frame(PING, "is it open?"),)),)))

    assert opinion(script, act, moment=2) is expected


def test_how_bytes_are_cut_makes_no_difference_to_the_oracle() -> None:
    frames = (*fragments(TEXT, "in ", "two parts"), frame(PING, "ping"))
    data = b"".join(serialize(one, masked=True, masking_key=b"mask") for one in frames)
    expected = complete(saying(*frames)).steps[3:]

    for place in range(1, len(data)):
        cut = Script(role=Role.SERVER, turns=((Open(request()),), (SendBytes(data[:place]), SendBytes(data[place:]))))

        assert complete(cut).steps[4:] == expected


def test_a_script_is_completed_up_to_where_the_connection_may_end() -> None:
    offence = (Send((frame(0x3),)),)
    script = Script(role=Role.SERVER, turns=((Open(request()),), offence, (Send((frame(PONG, "never said"),)),)))

    assert Send((frame(PONG, "never said"),)) not in complete(script).steps


@pytest.mark.parametrize(
    "script",
    [
        Script(role=Role.SERVER, turns=()),
        Script(role=Role.SERVER, turns=((End(half=True),),)),
        Script(role=Role.SERVER, turns=((Open(request(), (frame(PING),)),),)),
        Script(role=Role.SERVER, turns=((Open(request()),), (Open(request()),))),
    ],
)
def test_what_the_model_does_not_cover_is_refused(script: Script) -> None:
    with pytest.raises(OutsideError):
        complete(script)
