// websocket13, echoing. Arguments: server PORT | client URL.
"use strict";
const http = require("node:http");
const { WebSocket, WebSocketServer } = require("websocket13");

function echo(connection) {
  connection.on("message", (type, data) => connection.send(data));
  connection.on("error", () => {});
}

function server(port) {
  const listening = http.createServer((request, response) => response.writeHead(404).end());
  const websockets = new WebSocketServer();
  websockets.http(listening);
  websockets.on("handshake", (request, reject, accept) => echo(accept()));
  listening.listen(Number(port), "127.0.0.1");
}

function client(url) {
  echo(new WebSocket(url));
}

({ server, client })[process.argv[2]](process.argv[3]);
