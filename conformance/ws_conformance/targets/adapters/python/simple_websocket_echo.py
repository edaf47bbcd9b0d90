"""simple-websocket's server below Flask, as flask-sock has it, echoing. Argument: the port."""

import sys

from flask import Flask
from flask_sock import Sock
from simple_websocket import Server

application = Flask("echo")
sock = Sock(application)


@sock.route("/")
@sock.route("/<path:path>", endpoint="any")
def echo(connection: Server, path: str = "") -> None:
    while True:
        connection.send(connection.receive())


application.run("127.0.0.1", int(sys.argv[1]), threaded=True)
