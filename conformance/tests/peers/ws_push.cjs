// A server of npm's ws that pushes prices to whoever subscribes. Arguments: the port, and where node_modules is.
"use strict";

const { createRequire } = require("node:module");
const { WebSocketServer } = createRequire(`${process.argv[3]}/`)("ws");

const server = new WebSocketServer({ host: "127.0.0.1", port: Number(process.argv[2]), perMessageDeflate: true });
server.on("connection", (connection) => {
  let pushing;
  let number = 0;
  connection.on("message", (message) => {
    if (String(message) === '{"subscribe": "prices"}' && !pushing) {
      connection.send('{"subscribed": "prices"}');
      pushing = setInterval(() => {
        number += 1;
        connection.send(JSON.stringify({ n: number, price: 6455 + number, at: new Date().toISOString() }));
      }, 20);
    } else if (String(message) === '{"unsubscribe": "prices"}') {
      clearInterval(pushing);
      pushing = undefined;
      connection.send('{"unsubscribed": "prices"}');
    }
  });
  connection.on("close", () => clearInterval(pushing));
  connection.on("error", () => {}); // a connection that fails is the suite's business, not the log's
});
