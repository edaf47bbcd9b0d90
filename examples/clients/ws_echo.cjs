// npm's ws: sends back what it gets. Argument: the URL.
const WebSocket = require("ws");

const connection = new WebSocket(process.argv[2], { maxPayload: 1 << 28 });
connection.on("message", (data, isBinary) => connection.send(data, { binary: isBinary }));
connection.on("error", (error) => console.error(error.message));
