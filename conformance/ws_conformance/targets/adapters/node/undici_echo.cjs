// undici, which is Node's own as well, echoing. Argument: the URL.
"use strict";
const { Agent, WebSocket, setGlobalDispatcher } = require("undici");

const VISITS = 10_000; // it comes back for the next case

setGlobalDispatcher(new Agent({ webSocket: { maxPayloadSize: 1 << 28 } }));

function client(url, visits = VISITS) {
  const connection = new WebSocket(url);
  connection.binaryType = "arraybuffer";
  connection.onmessage = ({ data }) => connection.send(data);
  connection.onclose = connection.onerror = () => {
    connection.onclose = connection.onerror = null; // a connection that never opened may end with an error alone
    if (visits > 1) client(url, visits - 1);
  };
}

client(process.argv[2]);
