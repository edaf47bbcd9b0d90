"""uWebSockets by way of socketify, echoing. Argument: the port."""

import sys

from socketify import App, CompressOptions, OpCode

LARGEST_MESSAGE = 1 << 28

application = App()
application.ws(
    "/*",
    {
        "compression": CompressOptions.DEDICATED_COMPRESSOR,
        "max_payload_length": LARGEST_MESSAGE,
        "max_backpressure": 2 * LARGEST_MESSAGE,
        "idle_timeout": 0,
        "message": lambda connection, message, opcode: connection.send(message, opcode, opcode == OpCode.TEXT),
    },
)
application.listen(int(sys.argv[1]), lambda config: None)
application.run()
