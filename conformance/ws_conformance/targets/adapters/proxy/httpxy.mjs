// httpxy, below Nuxt's and Vite's development servers. Arguments: the folder of its modules, PORT UPSTREAM.
import { createServer } from "node:http";
import { createRequire } from "node:module";

const { createProxyServer } = await import(createRequire(`${process.argv[2]}/`).resolve("httpxy"));
const proxy = createProxyServer({ target: `http://127.0.0.1:${process.argv[4]}` });

const server = createServer((request, response) => proxy.web(request, response).catch(() => response.destroy()));
server.on("upgrade", (request, socket, head) => proxy.ws(request, socket, {}, head).catch(() => socket.destroy()));
server.listen(Number(process.argv[3]), "127.0.0.1");
