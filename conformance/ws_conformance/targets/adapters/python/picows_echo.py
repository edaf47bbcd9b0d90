"""picows, echoing. Arguments: server PORT | client URL.

It hands out frames: Pongs, the answer to a Close and the joining of fragments are its user's.
"""

import asyncio
import contextlib
import sys

from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport, ws_connect, ws_create_server

VISITS = 10_000  # a client comes back for the next case
LARGEST_FRAME = 1 << 28
NEVER_SENT = {1005, 1006, 1015}


class Echo(WSListener):
    def __init__(self) -> None:
        self.opcode = WSMsgType.TEXT
        self.fragments: list[bytes] = []

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        match frame.msg_type:
            case WSMsgType.PING:
                transport.send_pong(frame.get_payload_as_bytes())
            case WSMsgType.CLOSE if frame.get_close_code() in NEVER_SENT:
                self.fail(transport)
            case WSMsgType.CLOSE:
                transport.send_close(frame.get_close_code(), frame.get_close_message())
                transport.disconnect()
            case WSMsgType.TEXT | WSMsgType.BINARY | WSMsgType.CONTINUATION as opcode:
                if (opcode == WSMsgType.CONTINUATION) != bool(self.fragments):
                    self.fail(transport)
                    return
                if opcode != WSMsgType.CONTINUATION:
                    self.opcode = opcode
                self.fragments.append(frame.get_payload_as_bytes())
                if frame.fin:
                    transport.send(self.opcode, b"".join(self.fragments))
                    self.fragments.clear()

    def fail(self, transport: WSTransport) -> None:
        transport.send_close(WSCloseCode.PROTOCOL_ERROR)
        transport.disconnect()


async def server(port: str) -> None:
    listening = await ws_create_server(lambda request: Echo(), "127.0.0.1", int(port), max_frame_size=LARGEST_FRAME)
    await listening.serve_forever()


async def client(url: str) -> None:
    for _ in range(VISITS):
        with contextlib.suppress(Exception):
            transport, _listener = await ws_connect(Echo, url, max_frame_size=LARGEST_FRAME)
            await transport.wait_disconnected()


asyncio.run({"server": server, "client": client}[sys.argv[1]](sys.argv[2]))
