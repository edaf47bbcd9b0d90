// nodejs-websocket, echoing. Arguments: server PORT | client URL.
"use strict";
const websocket = require("nodejs-websocket");

const VISITS = 10_000; // a client comes back for the next case

websocket.setMaxBufferLength(1 << 28);

function echo(connection) {
  connection.on("text", (text) => connection.sendText(text));
  connection.on("binary", (stream) => {
    const parts = [];
    stream.on("data", (part) => parts.push(part));
    stream.on("end", () => connection.sendBinary(Buffer.concat(parts)));
  });
  connection.on("error", () => {});
}

function server(port) {
  websocket.createServer(echo).listen(Number(port), "127.0.0.1");
}

function client(url, visits = VISITS) {
  const connection = websocket.connect(url);
  echo(connection);
  connection.on("close", () => visits > 1 && client(url, visits - 1));
}

({ server, client })[process.argv[2]](process.argv[3]);
