// The WebSocket of undici, which is that of Node as well: sends back what it gets. Argument: the URL.
const { WebSocket } = require("undici");

const connection = new WebSocket(process.argv[2]);
connection.binaryType = "arraybuffer";
connection.onmessage = (event) => connection.send(event.data);
connection.onerror = (event) => console.error(event.message);
