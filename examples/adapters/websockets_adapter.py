"""The client of websockets behind wsspec's control channel (docs/clients.md): one line in, one line out."""

import asyncio
import json
import sys
from base64 import b64decode, b64encode

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed


class Adapter:
    connection: ClientConnection

    async def connect(self, command):
        subprotocols = command["subprotocols"] or None
        self.connection = await connect(command["url"], subprotocols=subprotocols, ping_interval=None, max_size=None)
        return {"event": "open", "subprotocol": self.connection.subprotocol}

    async def send(self, command):
        await self.connection.send(command["data"] if command["type"] == "text" else b64decode(command["data"]))
        return {"event": "done"}

    async def ping(self, command):
        await self.connection.ping(b64decode(command["data"]))
        return {"event": "done"}

    async def close(self, command):
        await self.connection.close(1000 if command["code"] is None else command["code"], command["reason"])
        return {"event": "done"}

    async def read(self, command):
        try:
            message = await self.connection.recv()
        except ConnectionClosed as closed:
            clean = closed.rcvd is not None and closed.sent is not None
            code, reason = self.connection.close_code, self.connection.close_reason
            return {"event": "closed", "code": code, "reason": reason, "clean": clean}
        if isinstance(message, str):
            return {"event": "message", "type": "text", "data": message}
        return {"event": "message", "type": "binary", "data": b64encode(message).decode()}


async def main():
    adapter = Adapter()
    for line in iter(sys.stdin.readline, ""):
        command = json.loads(line)
        if command["cmd"] == "quit":
            return
        act = getattr(adapter, command["cmd"].replace("-", "_"), None)
        try:
            event = {"event": "unsupported"} if act is None else await act(command)
        except Exception as error:
            event = {"event": "error", "text": repr(error)}
        sys.stdout.write(json.dumps(event) + "\n")
        sys.stdout.flush()


asyncio.run(main())
