"""The reference as a client that echoes. Argument: the URL."""

import secrets
import socket
import sys

from ws_reference import DeflateNegotiation, Endpoint, Role, State, parse_uri

PATIENCE_SECONDS = 5.0  # for a server that is to end TCP and does not (§7.1.1)

uri = parse_uri(sys.argv[1])
if uri.secure:
    sys.exit("there is no TLS in this program")
client = Endpoint(
    Role.CLIENT,
    host=uri.authority,
    target=uri.resource_name,
    deflate=DeflateNegotiation(),
    new_nonce=lambda: secrets.token_bytes(16),
    new_masking_key=lambda: secrets.token_bytes(4),
)
with socket.create_connection((uri.host.strip("[]"), uri.port)) as connection:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.sendall(client.bytes_to_send())
    while not client.should_end:
        if client.connection is not None and client.connection.state is State.CLOSED:
            connection.settimeout(PATIENCE_SECONDS)
        try:
            data = connection.recv(1 << 16)
        except TimeoutError:
            break
        if data:
            client.receive(data)
        else:
            client.receive_end()
        connection.sendall(client.bytes_to_send())
