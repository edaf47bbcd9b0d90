// Bun's server, echoing. Argument: the port.
const LARGEST_MESSAGE = 1 << 28;

Bun.serve({
  hostname: "127.0.0.1",
  port: Number(process.argv[2]),
  fetch: (request, server) => (server.upgrade(request) ? undefined : new Response(null, { status: 404 })),
  websocket: {
    perMessageDeflate: true,
    maxPayloadLength: LARGEST_MESSAGE,
    backpressureLimit: 2 * LARGEST_MESSAGE,
    idleTimeout: 0,
    message: (connection, message) => connection.send(message, true),
  },
});
