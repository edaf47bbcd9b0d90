// The WebSocket that browsers have, as a runtime has it, echoing. Argument: the URL.
const VISITS = 10_000; // it comes back for the next case

function client(url, visits = VISITS) {
  const connection = new WebSocket(url);
  connection.binaryType = "arraybuffer";
  connection.onmessage = ({ data }) => connection.send(data);
  connection.onclose = () => visits > 1 && client(url, visits - 1);
}

client(process.argv[2]);
