// faye-websocket, echoing. Arguments: server PORT | client URL.
"use strict";
const http = require("node:http");
const WebSocket = require("faye-websocket");

const VISITS = 10_000; // a client comes back for the next case
const OPTIONS = { maxLength: 1 << 28, extensions: [require("permessage-deflate")] };

function server(port) {
  const listening = http.createServer((request, response) => response.writeHead(404).end());
  listening.on("upgrade", (request, socket, head) => {
    if (WebSocket.isWebSocket(request)) {
      const connection = new WebSocket(request, socket, head, [], OPTIONS);
      connection.on("message", ({ data }) => connection.send(data));
    } else {
      socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    }
  });
  listening.listen(Number(port), "127.0.0.1");
}

function client(url, visits = VISITS) {
  const connection = new WebSocket.Client(url, [], OPTIONS);
  connection.on("message", ({ data }) => connection.send(data));
  connection.on("error", () => {});
  connection.on("close", () => visits > 1 && client(url, visits - 1));
}

({ server, client })[process.argv[2]](process.argv[3]);
