// What runs in the page of a browser: its WebSocket, echoing, again and again.
"use strict";

const VISITS = 10_000; // it comes back for the next case

module.exports = {
  VISITS,
  async comeBack([url, visits]) {
    for (let visit = 0; visit < visits; visit += 1) {
      await new Promise((over) => {
        const connection = new WebSocket(url);
        connection.binaryType = "arraybuffer";
        connection.onmessage = ({ data }) => connection.send(data);
        connection.onclose = over;
      });
    }
  },
};
