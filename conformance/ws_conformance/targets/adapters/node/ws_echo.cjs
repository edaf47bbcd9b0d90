// npm's ws, echoing. Arguments: server PORT | client URL.
"use strict";
const { WebSocket, WebSocketServer } = require("ws");

const VISITS = 10_000; // a client comes back for the next case
const OPTIONS = { maxPayload: 1 << 28, perMessageDeflate: { threshold: 0 } };

function echo(connection) {
  connection.on("message", (message, isBinary) => connection.send(message, { binary: isBinary }));
  connection.on("error", () => {});
}

function server(port) {
  new WebSocketServer({ host: "127.0.0.1", port: Number(port), ...OPTIONS }).on("connection", echo);
}

function client(url, visits = VISITS) {
  const connection = new WebSocket(url, OPTIONS);
  echo(connection);
  connection.on("close", () => visits > 1 && client(url, visits - 1));
}

({ server, client })[process.argv[2]](process.argv[3]);
