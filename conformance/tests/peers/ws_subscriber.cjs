// Reads a feed with npm's ws until it has so many messages. Arguments: the URL, how many, and where node_modules is.
"use strict";

const { createRequire } = require("node:module");
const { WebSocket } = createRequire(`${process.argv[4]}/`)("ws");

let count = 0;
const connection = new WebSocket(process.argv[2]);
connection.on("open", () => {
  for (const channel of ["book", "trades", "ticker"]) {
    connection.send(JSON.stringify({ op: "subscribe", channel, market: "ALPHA-BETA", id: channel }));
  }
});
connection.on("message", (message) => {
  JSON.parse(String(message));
  count += 1;
  if (count === Number(process.argv[3])) connection.close(1000);
});
connection.on("close", (code) => console.log(`${count} ${code} ${connection.extensions}`));
