// Deno's server, echoing. Argument: the port.
const options = { hostname: "127.0.0.1", port: Number(Deno.args[0]), onListen() {} };

Deno.serve(options, (request) => {
  if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") return new Response(null, { status: 404 });
  const { socket, response } = Deno.upgradeWebSocket(request, { idleTimeout: 0 });
  socket.binaryType = "arraybuffer";
  socket.onmessage = ({ data }) => socket.send(data);
  socket.onerror = () => {};
  return response;
});
