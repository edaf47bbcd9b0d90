"""What pywebsocket3's standalone server runs at /echo."""

from typing import Any


def web_socket_do_extra_handshake(request: Any) -> None:
    """Accept whatever comes."""


def web_socket_transfer_data(request: Any) -> None:
    while (message := request.ws_stream.receive_message()) is not None:
        request.ws_stream.send_message(message, binary=isinstance(message, bytes))
