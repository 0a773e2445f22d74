// The WebSocket feed of the demo: `/feed?run=…` sends a tick five times a second, as JSON, with the number of the
// run's requests that are open at the server. `ticks=25` makes the server close the connection after 25 of them.

import { WebSocketServer } from 'ws';
import { urlOf } from './endpoints.mjs';

const INTERVAL_MS = 200;
const GOING_AWAY = 1001;

/** @param {(run: string) => number} open How many requests of a run are open. */
export function createFeed(open) {
  const sockets = new WebSocketServer({ noServer: true });

  sockets.on('connection', (socket, url) => {
    const run = url.searchParams.get('run') ?? '';
    const last = Number(url.searchParams.get('ticks') ?? Infinity);
    let tick = 0;
    const send = () => {
      tick++;
      socket.send(JSON.stringify({ tick, open: open(run) }));
      if (tick >= last) socket.close(GOING_AWAY, 'enough for now');
    };
    const timer = setInterval(send, INTERVAL_MS);
    socket.on('close', () => clearInterval(timer));
    socket.on('error', () => socket.terminate());
    send();
  });

  return {
    /** Takes an upgrade request to /feed; false if it is for somebody else. */
    upgrade(request, socket, head) {
      const url = urlOf(request);
      if (url.pathname !== '/feed') return false;
      sockets.handleUpgrade(request, socket, head, (connection) =>
        sockets.emit('connection', connection, url),
      );
      return true;
    },
    /** How many connections there are. */
    get size() {
      return sockets.clients.size;
    },
    close() {
      for (const socket of sockets.clients) socket.terminate();
      sockets.close();
    },
  };
}
