// A Worker of Cloudflare's: it echoes, and at /visit?NUMBER it is a client of 127.0.0.1:NUMBER instead.
const isUpgrade = (request) => request.headers.get("Upgrade")?.toLowerCase() === "websocket";

function echo(connection) {
  connection.accept();
  connection.addEventListener("message", ({ data }) => connection.send(data));
  return new Promise((over) => {
    connection.addEventListener("error", over);
    connection.addEventListener("close", ({ code, reason }) => {
      connection.close(code === 1005 ? undefined : code, reason); // it leaves the answer to its user
      over();
    });
  });
}

async function visit(port) {
  const { webSocket } = await fetch(`http://127.0.0.1:${port}/`, { headers: { Upgrade: "websocket" } });
  if (webSocket) await echo(webSocket);
  return new Response(null);
}

export default {
  async fetch(request) {
    const { pathname, search } = new URL(request.url);
    if (pathname === "/visit") return visit(search.slice(1));
    if (!isUpgrade(request)) return new Response(null, { status: 404 });
    const { 0: theirs, 1: ours } = new WebSocketPair();
    echo(ours);
    return new Response(null, { status: 101, webSocket: theirs });
  },
};
