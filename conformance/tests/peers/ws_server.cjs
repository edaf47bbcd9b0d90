// The server of npm's ws, echoing. Arguments: the port, and the folder that node_modules is in.
"use strict";

const { createRequire } = require("node:module");
const { WebSocketServer } = createRequire(`${process.argv[3]}/`)("ws");

const server = new WebSocketServer({ host: "127.0.0.1", port: Number(process.argv[2]), perMessageDeflate: true });
server.on("connection", (connection) => {
  connection.on("message", (message, isBinary) => connection.send(message, { binary: isBinary }));
  connection.on("error", () => {}); // a connection that fails is the suite's business, not the log's
});
