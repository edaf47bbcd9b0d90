"""Close codes: which a receiver takes, which it may refuse, and which it must not send back (RFC 6455 §7.4)."""

from __future__ import annotations

from ws_conformance.model import BOTH, CLIENTS, SERVERS, Case, Ends, Reaction
from ws_conformance.vocabulary import CLOSE_COMES_FIRST, CODE_IS_ECHOED, PROTOCOL_ERROR, close_frame, opened, send

from .answers import IS_ANSWERED, IS_READ, accepts, close_with, refuses_code

DEFINED_ARE_ACCEPTED = "6455/7.4.1/defined-codes-are-accepted"
NETWORK_BYTE_ORDER = "6455/5.5.1/close-code-is-read-in-network-byte-order"
UNEXPECTED_CONDITION = "6455/7.4.1/code-1011-is-unexpected-condition"
NOT_FOR_THE_WIRE_IS_REFUSED = "6455/7.4.1/received-1005-1006-1015-are-refused"
NOT_FOR_THE_WIRE_IS_NOT_ECHOED = "6455/7.4.1/received-1005-1006-1015-are-not-echoed"
RESERVED_IS_REFUSED = "6455/7.4.1/received-1004-is-refused"
RESERVED_IS_NOT_ECHOED = "6455/7.4.1/received-1004-is-not-echoed"
UNUSED_IS_REFUSED = "6455/7.4.2/received-unused-codes-are-refused"
UNUSED_IS_NOT_ECHOED = "6455/7.4.2/received-unused-codes-are-not-echoed"
UNASSIGNED_MAY_BE_REFUSED = "6455/7.4.2/received-1016-to-2999-may-be-refused"
APPLICATIONS_ARE_ACCEPTED = "6455/7.4.2/codes-3000-to-4999-are-accepted"
ACTION_IS_OPEN = "6455/7.4/action-on-a-code-is-undefined"
PRIVATE = "6455/7.4.2/codes-4000-to-4999-are-private"
MEANINGS = {
    1000: ("6455/7.4.1/code-1000-is-normal-closure",),
    1001: ("6455/7.4.1/code-1001-is-going-away",),
    1003: ("6455/7.4.1/code-1003-is-unacceptable-data",),
    1008: ("6455/7.4.1/code-1008-is-policy-violation",),
}

DEFINED = (1000, 1001, 1002, 1003, 1007, 1008, 1009)
REGISTERED_LATER = (1012, 1013, 1014)
NOT_FOR_THE_WIRE = (1005, 1006, 1015)
RESERVED = 1004
UNUSED = (0, 1, 100, 255, 256, 999, 5000, 5001, 9999, 32_767, 32_768, 59_395, 65_535)
"""59395 is 1000 with its two bytes the wrong way round."""
UNASSIGNED = (1016, 1100, 1999, 2000, 2999)
FOR_APPLICATIONS = (3000, 3001, 3333, 3999, 4000, 4001, 4999)

CASES: tuple[Case, ...] = (
    *(
        Case(
            id=f"closing/codes/{code}{words}",
            roles=BOTH,
            verifies=(
                DEFINED_ARE_ACCEPTED,
                IS_READ,
                NETWORK_BYTE_ORDER,
                ACTION_IS_OPEN,
                CODE_IS_ECHOED,
                *MEANINGS.get(code, ()),
            ),
            steps=(*opened(), send(close_frame(code, reason)), *accepts(code)),
            because=f"§7.4.1: {code} is defined for Close frames, so it is no fault to send it.",
        )
        for code in DEFINED
        for words, reason in (("", ""), ("-with-a-reason", "told why"))
    ),
    Case(
        id="closing/codes/1010",
        roles=SERVERS,
        verifies=(DEFINED_ARE_ACCEPTED, IS_READ),
        steps=(*opened(), send(close_frame(1010, "permessage-deflate")), *accepts(1010)),
        because="§7.4.1: 1010 is defined for clients that miss an extension, so it is no fault of theirs to send it.",
    ),
    Case(
        id="closing/codes/1011-from-a-client",
        roles=SERVERS,
        verifies=(IS_ANSWERED, UNEXPECTED_CONDITION),
        steps=(
            *opened(),
            send(close_frame(1011)),
            *accepts(
                1011,
                Reaction("takes 1011 for a fault", (close_with(PROTOCOL_ERROR),), (UNEXPECTED_CONDITION,)),
                about=(IS_ANSWERED,),
            ),
        ),
        because="§7.4.1, erratum 3227: the text has 1011 for servers, the registry for either end.",
    ),
    Case(
        id="closing/codes/1011-from-a-server",
        roles=CLIENTS,
        verifies=(DEFINED_ARE_ACCEPTED, IS_READ, UNEXPECTED_CONDITION),
        steps=(*opened(), send(close_frame(1011)), *accepts(1011)),
        because="§7.4.1: 1011 is defined for servers, so it is no fault of theirs to send it.",
    ),
    *(
        Case(
            id=f"closing/codes/{code}",
            roles=BOTH,
            verifies=(f"6455/7.4.1/code-{code}-is-accepted",),
            steps=(
                *opened(),
                send(close_frame(code)),
                *accepts(
                    code,
                    Reaction(
                        "takes the code for a fault",
                        (close_with(PROTOCOL_ERROR),),
                        (f"6455/7.4.1/code-{code}-is-accepted",),
                    ),
                    Reaction(
                        "ends TCP without a Close",
                        (Ends(),),
                        (f"6455/7.4.1/code-{code}-is-accepted", CLOSE_COMES_FIRST),
                    ),
                    about=(IS_ANSWERED,),
                ),
            ),
            because=f"§7.4.2: {code} was registered after the RFC, in the range that it keeps for such codes.",
        )
        for code in REGISTERED_LATER
    ),
    *(
        Case(
            id=f"closing/codes/{code}",
            roles=BOTH,
            verifies=(
                NOT_FOR_THE_WIRE_IS_NOT_ECHOED,
                NOT_FOR_THE_WIRE_IS_REFUSED,
                f"6455/7.4.1/code-{code}-is-not-sent",
            ),
            steps=(*opened(), send(close_frame(code)), *refuses_code(code, about=(NOT_FOR_THE_WIRE_IS_NOT_ECHOED,))),
            because=f"§7.4.1: {code} is for applications to read and stands in no Close frame, also not in an answer.",
        )
        for code in NOT_FOR_THE_WIRE
    ),
    Case(
        id=f"closing/codes/{RESERVED}",
        roles=BOTH,
        verifies=(RESERVED_IS_REFUSED, RESERVED_IS_NOT_ECHOED),
        steps=(
            *opened(),
            send(close_frame(RESERVED)),
            *refuses_code(
                RESERVED,
                Reaction(
                    f"answers with Close {RESERVED}",
                    (close_with(RESERVED),),
                    (RESERVED_IS_REFUSED, RESERVED_IS_NOT_ECHOED),
                ),
            ),
        ),
        because=f"§7.4.1: {RESERVED} waits for a meaning, so nobody can mean anything by it.",
    ),
    *(
        Case(
            id=f"closing/codes/{code}",
            roles=BOTH,
            verifies=(UNUSED_IS_REFUSED, UNUSED_IS_NOT_ECHOED),
            steps=(
                *opened(),
                send(close_frame(code)),
                *refuses_code(
                    code,
                    Reaction(
                        f"answers with Close {code}", (close_with(code),), (UNUSED_IS_REFUSED, UNUSED_IS_NOT_ECHOED)
                    ),
                ),
            ),
            because=f"§7.4.2: {code} is in none of the ranges, which go from 1000 to 4999.",
        )
        for code in UNUSED
    ),
    *(
        Case(
            id=f"closing/codes/{code}",
            roles=BOTH,
            verifies=(IS_ANSWERED, UNASSIGNED_MAY_BE_REFUSED),
            steps=(
                *opened(),
                send(close_frame(code)),
                *refuses_code(
                    code, Reaction(f"answers with Close {code}", (close_with(code),), (UNASSIGNED_MAY_BE_REFUSED,))
                ),
            ),
            because=f"§7.4.2: {code} is in the range kept for later RFCs; it may be taken, or refused, but closes.",
        )
        for code in UNASSIGNED
    ),
    *(
        Case(
            id=f"closing/codes/{code}{words}",
            roles=BOTH,
            verifies=(APPLICATIONS_ARE_ACCEPTED, IS_READ, NETWORK_BYTE_ORDER, *((PRIVATE,) if code >= 4000 else ())),
            steps=(*opened(), send(close_frame(code, reason)), *accepts(code)),
            because=f"§7.4.2: {code} is in the ranges for libraries and applications, so it is no fault to send it.",
        )
        for code in FOR_APPLICATIONS
        for words, reason in (("", ""), ("-with-a-reason", "as we have agreed"))
    ),
)
