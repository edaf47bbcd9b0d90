"""websocket-client behind wsspec's control channel (docs/clients.md): one line in, one line out."""

import json
import sys
from base64 import b64decode, b64encode

from websocket import ABNF, WebSocket


class Adapter:
    connection: WebSocket

    def connect(self, command):
        self.connection = WebSocket()
        self.connection.connect(command["url"], subprotocols=command["subprotocols"] or None)
        return {"event": "open", "subprotocol": self.connection.getsubprotocol()}

    def send(self, command):
        send = self.connection.send if command["type"] == "text" else self.connection.send_binary
        send(command["data"] if command["type"] == "text" else b64decode(command["data"]))
        return {"event": "done"}

    def ping(self, command):
        self.connection.ping(b64decode(command["data"]))
        return {"event": "done"}

    def close(self, command):
        code = 1000 if command["code"] is None else command["code"]
        self.connection.send_close(code, command["reason"].encode())
        return {"event": "done"}

    def read(self, command):
        try:
            opcode, data = self.connection.recv_data()
        except Exception:
            self.connection.shutdown()  # the library leaves it to the application to end TCP
            raise
        if opcode == ABNF.OPCODE_TEXT:
            return {"event": "message", "type": "text", "data": data.decode()}
        if opcode == ABNF.OPCODE_BINARY:
            return {"event": "message", "type": "binary", "data": b64encode(data).decode()}
        self.connection.shutdown()
        code = int.from_bytes(data[:2], "big") if data else None  # it knows neither 1005 nor 1006
        return {"event": "closed", "code": code, "reason": data[2:].decode()}


adapter = Adapter()
for line in iter(sys.stdin.readline, ""):
    command = json.loads(line)
    if command["cmd"] == "quit":
        break
    act = getattr(adapter, command["cmd"].replace("-", "_"), None)
    try:
        event = {"event": "unsupported"} if act is None else act(command)
    except Exception as error:
        event = {"event": "error", "text": repr(error)}
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()
