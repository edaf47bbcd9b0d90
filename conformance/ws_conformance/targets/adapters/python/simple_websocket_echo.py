"""simple-websocket's server below Flask, as flask-sock has it, echoing; for gunicorn, as its documentation advises."""

from flask import Flask
from flask_sock import Sock
from simple_websocket import Server


def echo(connection: Server, path: str = "") -> None:
    while True:
        connection.send(connection.receive())


application = Flask("echo")
sock = Sock(application)
sock.route("/", endpoint="root")(echo)
sock.route("/<path:path>", endpoint="any")(echo)
