// The client of npm's ws in the loop of Autobahn's suite, several cases at a time.
// Arguments: the server's URL, and the folder in which ws is installed.
const [server, modules] = process.argv.slice(2);
const WebSocket = require(require.resolve('ws', { paths: [modules] }));
const AT_ONCE = 4;

const ask = path => new Promise((resolve, reject) => {
  let answer;
  const socket = new WebSocket(server + path);
  socket.on('message', data => { answer = data.toString(); });
  socket.on('close', () => resolve(answer));
  socket.on('error', reject);
});

const play = number => new Promise(resolve => {
  const socket = new WebSocket(`${server}/runCase?case=${number}&agent=ws`);
  socket.on('message', (data, binary) => socket.send(data, { binary }));
  socket.on('error', () => {}); // how it ends is for the suite to judge
  socket.on('close', resolve);
});

(async () => {
  const count = Number(await ask('/getCaseCount'));
  let next = 1;
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    while (next <= count) await play(next++);
  }));
  await ask('/updateReports?agent=ws');
})();
