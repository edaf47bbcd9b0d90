// uWebSockets.js, echoing. Argument: the port.
"use strict";
const uWS = require("@trufflesuite/uws-js-unofficial");

const LARGEST_MESSAGE = 1 << 28;

uWS.App()
  .ws("/*", {
    compression: uWS.DEDICATED_COMPRESSOR | uWS.DEDICATED_DECOMPRESSOR,
    maxPayloadLength: LARGEST_MESSAGE,
    maxBackpressure: 2 * LARGEST_MESSAGE,
    idleTimeout: 0,
    sendPingsAutomatically: false,
    message: (connection, message, isBinary) => connection.send(message, isBinary, true),
  })
  .any("/*", (response) => response.writeStatus("404 Not Found").end())
  .listen("127.0.0.1", Number(process.argv[2]), () => {});
