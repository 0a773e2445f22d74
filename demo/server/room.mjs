// The rooms of the demo: `/room?name=…` gives each message to everybody else in the room of that name, and keeps
// nothing.

import { WebSocketServer } from 'ws';
import { urlOf } from './endpoints.mjs';

const MAX_MESSAGE_BYTES = 4096;
const MAX_MEMBERS = 200;
/** Somebody who does not read so many bytes is not waited for. */
const MAX_UNREAD_BYTES = 1 << 20;
const TRY_AGAIN_LATER = 1013;

export function createRooms() {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES });
  /** The members of each room that has any. */
  const rooms = new Map();

  sockets.on('connection', (socket, name) => {
    socket.on('error', () => socket.terminate());
    if (sockets.clients.size > MAX_MEMBERS) {
      socket.close(TRY_AGAIN_LATER, 'the rooms are full');
      return;
    }
    const members = rooms.get(name) ?? new Set();
    rooms.set(name, members.add(socket));
    socket.on('message', (message, isBinary) => {
      for (const other of members) {
        if (other === socket) continue;
        if (other.bufferedAmount > MAX_UNREAD_BYTES) other.terminate();
        else other.send(message, { binary: isBinary });
      }
    });
    socket.on('close', () => {
      members.delete(socket);
      if (members.size === 0) rooms.delete(name);
    });
  });

  return {
    /** Takes an upgrade request to /room; false if it is for somebody else. */
    upgrade(request, socket, head) {
      const { pathname, searchParams } = urlOf(request);
      if (pathname !== '/room') return false;
      const name = searchParams.get('name') ?? '';
      sockets.handleUpgrade(request, socket, head, (connection) =>
        sockets.emit('connection', connection, name),
      );
      return true;
    },
    close() {
      for (const socket of sockets.clients) socket.terminate();
      sockets.close();
    },
  };
}
