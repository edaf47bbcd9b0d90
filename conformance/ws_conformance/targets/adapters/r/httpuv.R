# httpuv, below Shiny, echoing. Argument: the port.
port <- as.integer(commandArgs(TRUE)[1])
httpuv::runServer("127.0.0.1", port, list(
  call = function(request) list(status = 404L, headers = list(), body = ""),
  onWSOpen = function(connection) connection$onMessage(function(isBinary, message) connection$send(message))
))
