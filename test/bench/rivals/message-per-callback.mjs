// One message for every callback, on one channel: how Pyodide's event loop schedules (pyodide/pyodide,
// src/js/scheduler.ts and src/py/pyodide/webloop.py: call_soon is a message of its own).

const queue = [];
let channel = null;

export function postCallback(callback) {
  if (channel === null) {
    channel = new MessageChannel();
    channel.port1.onmessage = () => {
      const due = queue;
      due[at](); // each message has its own callback
      due[at++] = undefined;
      if (at === due.length) {
        due.length = 0;
        at = 0;
      }
    };
  }
  queue.push(callback);
  channel.port2.postMessage(0);
}

let at = 0;
