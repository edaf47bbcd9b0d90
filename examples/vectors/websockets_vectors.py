"""websockets for run_vectors.py and run_handshakes.py, and behind it an application that sends back each message.

``said`` is what it did so far, in the words of the vectors' patterns; ``can`` is what vectors may need of it.
"""

from websockets.client import ClientProtocol
from websockets.extensions.permessage_deflate import (
    ClientPerMessageDeflateFactory,
    PerMessageDeflate,
    ServerPerMessageDeflateFactory,
)
from websockets.frames import Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.uri import parse_uri

BYTES = 1 << 24


class Saying:
    """Notes what a protocol sends, before it becomes bytes."""

    def send_frame(self, frame):
        kind = frame.opcode.name.lower()
        if frame.opcode is Opcode.CLOSE:
            code = int.from_bytes(frame.data[:2], "big") if frame.data else None
            self.said.append({"is": kind, "code": code, "reason": frame.data[2:]})
        else:
            self.said.append({"is": "message" if frame.opcode < 8 else kind, "type": kind, "payload": frame.data})
        super().send_frame(frame)

    def send_response(self, response):
        kind = "opens" if response.status_code == 101 else "refuses"
        self.said.append({"is": kind, "status": response.status_code, "fields": list(response.headers.raw_items())})
        super().send_response(response)

    def send_request(self, request):
        line = f"GET {request.path} HTTP/1.1"
        self.said.append({"is": "requests", "line": line, "fields": list(request.headers.raw_items())})
        super().send_request(request)

    def send_eof(self):
        self.said.append({"is": "ended"})
        super().send_eof()


class Server(Saying, ServerProtocol):
    pass


class Client(Saying, ClientProtocol):
    pass


class Implementation:
    can = frozenset({"pong", "reply", "echo", "deflate"})

    def __init__(self, vector):
        state = State.OPEN if vector["kind"] == "frames" else State.CONNECTING
        compresses = "deflate" in vector.get("needs", ())
        if vector["role"] == "server":
            extensions = [ServerPerMessageDeflateFactory()] if compresses else None
            self.protocol = Server(state=state, max_size=BYTES, extensions=extensions)
        else:
            extensions = [ClientPerMessageDeflateFactory()] if compresses else None
            self.protocol = Client(
                parse_uri("ws://wsspec.example/"), state=state, max_size=BYTES, extensions=extensions
            )
        self.said = self.protocol.said = []
        self.message = []
        if vector["kind"] == "frames":
            self.protocol.extensions = extensions_of(vector)
        elif vector["role"] == "client":
            self.protocol.send_request(self.protocol.connect())

    def give(self, data):
        self.protocol.receive_data(data)
        for event in self.protocol.events_received():
            if isinstance(event, Request):
                if not self.protocol.eof_sent:  # as there is where frames that came too early were no frames
                    self.protocol.send_response(self.protocol.accept(event))
            elif getattr(event, "opcode", Opcode.CLOSE) < 8:
                self.message = [*self.message, event] if event.opcode is Opcode.CONT else [event]
                if event.fin:
                    self.send_back(self.message[0].opcode, b"".join(part.data for part in self.message))

    def send_back(self, opcode, payload):
        try:
            if opcode is Opcode.TEXT:
                payload.decode()  # websockets leaves this to whoever wants the text
        except UnicodeDecodeError:
            self.protocol.fail(1007)
            return
        if self.protocol.state is State.OPEN:
            (self.protocol.send_text if opcode is Opcode.TEXT else self.protocol.send_binary)(payload)

    def end(self):
        self.protocol.receive_eof()


def extensions_of(vector):
    agreed = vector.get("negotiated", {}).get("permessage-deflate")
    if agreed is None:
        return []
    ends = ("client", "server") if vector["role"] == "server" else ("server", "client")  # the other's, then its own
    forgets = (agreed.get(f"{end}_no_context_takeover", False) for end in ends)
    theirs, ours = (agreed.get(f"{end}_max_window_bits", 15) for end in ends)
    return [PerMessageDeflate(*forgets, theirs, max(9, ours))]  # zlib cannot compress with a window of 8 bits
