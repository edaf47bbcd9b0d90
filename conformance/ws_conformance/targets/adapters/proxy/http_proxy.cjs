// npm's http-proxy, or http-proxy-3, which goes on from it. Arguments: the package, PORT UPSTREAM.
"use strict";
const { createProxyServer } = require(process.argv[2]);

const proxy = createProxyServer({ target: `http://127.0.0.1:${process.argv[4]}`, ws: true });

proxy.on("error", (error, request, answer) => {
  if (answer.writeHead) answer.writeHead(502);
  answer.end();
});
proxy.listen(Number(process.argv[3]), "127.0.0.1");
