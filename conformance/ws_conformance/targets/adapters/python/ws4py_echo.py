"""ws4py's server on wsgiref, echoing. Argument: the port."""

import sys
from wsgiref.simple_server import make_server

from ws4py.server.wsgirefserver import WebSocketWSGIRequestHandler, WSGIServer
from ws4py.server.wsgiutils import WebSocketWSGIApplication
from ws4py.websocket import EchoWebSocket

application = WebSocketWSGIApplication(handler_cls=EchoWebSocket)
listening = make_server("127.0.0.1", int(sys.argv[1]), application, WSGIServer, WebSocketWSGIRequestHandler)
listening.initialize_websockets_manager()
listening.serve_forever()
