// npm's websocket, echoing. Arguments: server PORT | client URL.
"use strict";
const http = require("node:http");
const { client: Client, server: Server } = require("websocket");

const VISITS = 10_000; // a client comes back for the next case
const LARGEST = 1 << 28;
const OPTIONS = { maxReceivedFrameSize: LARGEST, maxReceivedMessageSize: LARGEST, fragmentOutgoingMessages: false };

function echo(connection) {
  connection.on("message", ({ type, utf8Data, binaryData }) =>
    type === "utf8" ? connection.sendUTF(utf8Data) : connection.sendBytes(binaryData));
  connection.on("error", () => {});
}

function server(port) {
  const httpServer = http.createServer((request, response) => response.writeHead(404).end());
  new Server({ httpServer, autoAcceptConnections: true, keepalive: false, ...OPTIONS }).on("connect", echo);
  httpServer.listen(Number(port), "127.0.0.1");
}

function client(url, visits = VISITS) {
  const again = () => visits > 1 && client(url, visits - 1);
  const connecting = new Client(OPTIONS);
  connecting.on("connectFailed", again);
  connecting.on("connect", (connection) => {
    echo(connection);
    connection.on("close", again);
  });
  connecting.connect(url);
}

({ server, client })[process.argv[2]](process.argv[3]);
