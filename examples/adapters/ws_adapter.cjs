// npm's ws behind wsspec's control channel (docs/clients.md): one line in, one line out.
const { createInterface } = require('readline');
const WebSocket = require('ws');

let socket;
const inbox = []; // what came and was not asked for yet
let reader; // who asked for what has not come yet

function deliver(event) {
  if (reader) reader(event);
  else inbox.push(event);
  reader = undefined;
}

const commands = {
  connect: ({ url, subprotocols }) => new Promise(resolve => {
    socket = new WebSocket(url, subprotocols, { maxPayload: 0 });
    socket.on('open', () => resolve({ event: 'open', subprotocol: socket.protocol }));
    socket.on('error', error => resolve({ event: 'error', text: String(error) }));
    socket.on('message', (data, binary) => deliver({
      event: 'message', type: binary ? 'binary' : 'text', data: data.toString(binary ? 'base64' : 'utf8'),
    }));
    socket.on('close', (code, reason) => deliver({ event: 'closed', code, reason: reason.toString() }));
  }),
  send: ({ type, data }) => new Promise(resolve => {
    const done = error => resolve(error ? { event: 'error', text: String(error) } : { event: 'done' });
    socket.send(type === 'text' ? data : Buffer.from(data, 'base64'), done);
  }),
  ping: ({ data }) => {
    socket.ping(Buffer.from(data, 'base64'));
    return { event: 'done' };
  },
  close: ({ code, reason }) => {
    socket.close(code === null ? 1000 : code, reason);
    return { event: 'done' };
  },
  read: () => inbox.shift() ?? new Promise(resolve => { reader = resolve; }),
  quit: () => process.exit(),
};

(async () => {
  for await (const line of createInterface({ input: process.stdin })) {
    const command = JSON.parse(line);
    let event = { event: 'unsupported' };
    try {
      if (Object.hasOwn(commands, command.cmd)) event = await commands[command.cmd](command);
    } catch (error) {
      event = { event: 'error', text: String(error) };
    }
    process.stdout.write(JSON.stringify(event) + '\n');
  }
})();
