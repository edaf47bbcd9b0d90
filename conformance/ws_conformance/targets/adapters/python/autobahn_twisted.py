"""Autobahn|Python on Twisted, echoing. Arguments: server PORT | client URL."""

import sys
from contextlib import suppress
from urllib.parse import urlsplit

from autobahn.exception import Disconnected
from autobahn.twisted.websocket import (
    WebSocketClientFactory,
    WebSocketClientProtocol,
    WebSocketServerFactory,
    WebSocketServerProtocol,
)
from autobahn_deflate import CLIENT_OPTIONS, SERVER_OPTIONS
from twisted.internet import reactor
from twisted.internet.interfaces import IConnector


class Server(WebSocketServerProtocol):
    def onMessage(self, payload: bytes, isBinary: bool) -> None:  # noqa: N802, N803
        with suppress(Disconnected):  # a message is handed out behind a Close, too
            self.sendMessage(payload, isBinary)


class Client(WebSocketClientProtocol):
    def onMessage(self, payload: bytes, isBinary: bool) -> None:  # noqa: N802, N803
        with suppress(Disconnected):  # a message is handed out behind a Close, too
            self.sendMessage(payload, isBinary)


class ComesBack(WebSocketClientFactory):
    protocol = Client

    def clientConnectionLost(self, connector: IConnector, reason: object) -> None:  # noqa: N802
        connector.connect()

    def clientConnectionFailed(self, connector: IConnector, reason: object) -> None:  # noqa: N802
        reactor.stop()


def server(port: str) -> None:
    factory = WebSocketServerFactory()
    factory.protocol = Server
    factory.setProtocolOptions(**SERVER_OPTIONS)
    reactor.listenTCP(int(port), factory, interface="127.0.0.1")


def client(url: str) -> None:
    place = urlsplit(url)
    factory = ComesBack(url)
    factory.setProtocolOptions(**CLIENT_OPTIONS)
    reactor.connectTCP(place.hostname, place.port, factory)


{"server": server, "client": client}[sys.argv[1]](sys.argv[2])
reactor.run()
