// A server that misbehaves on request: what the URL's path says, it does, to that connection and to no other.
//
//   const server = await startFaultServer();
//   server.origin      'http://127.0.0.1:…'; for WebSockets write ws: in place of http:
//   server.refused     an origin at which nothing listens
//   server.stats       what is open, and what was sent and received under each key
//
// Every origin may read the answers, since the tests' pages come from another port. `key=…` on any URL names an
// account in the statistics, which `/stats?key=…` tells to the page. The faults are listed below, at `http` and `ws`.
// Run by hand it serves until it is killed: node test/support/fault-server.mjs

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { WebSocketServer } from 'ws';

const CHUNK = Buffer.alloc(64 * 1024, 0x2e);

/** Writes as fast as the other side takes it. */
async function writeAll(response, count, signal) {
  for (let left = count; left > 0; left -= CHUNK.length) {
    if (!response.write(left < CHUNK.length ? CHUNK.subarray(0, left) : CHUNK))
      await once(response, 'drain', { signal });
  }
}

/** Writes one byte at a time, each in a packet of its own as far as that can be had. */
async function trickle(stream, bytes, signal) {
  stream.socket?.setNoDelay(true);
  for (const byte of bytes) {
    stream.write(Buffer.of(byte));
    await sleep(0, undefined, { signal });
  }
}

/** By the path after /http/. Each is called with the request, the response, the query, and a signal of its end. */
const http = {
  /** The connection is closed before anything is answered. */
  refuse: (_request, response) => response.destroy(),
  /** Nothing is answered. */
  hang: () => {},
  /** The headers come, and `after` bytes of the body. */
  'hang-body'(_request, response, { number }) {
    response.writeHead(200, { 'content-length': 1_000_000 });
    response.flushHeaders();
    response.write(CHUNK.subarray(0, number('after', 0)));
  },
  /** Half of the headers come, and the connection is closed. */
  'cut-headers': (_request, response) => response.socket.end('HTTP/1.1 200 OK\r\ncontent-ty'),
  /** Lets the `cut?wait=1` of the same key break off. */
  go(_request, response, { account }) {
    account.go = true;
    response.end();
  },
  /** A body that promises 1000 bytes and breaks off after some; with `wait=1` when `go` says so. */
  async cut(_request, response, { number, text, account, gone }) {
    response.writeHead(200, { 'content-length': 1000 });
    response.flushHeaders();
    response.write(CHUNK.subarray(0, number('after', 500)));
    do await sleep(20, undefined, { signal: gone });
    while (text('wait') && !account.go);
    response.destroy();
  },
  /** A chunk that promises 256 bytes and breaks off in the middle. */
  'cut-chunk'(_request, response) {
    response.socket.end(
      'HTTP/1.1 200 OK\r\naccess-control-allow-origin: *\r\ntransfer-encoding: chunked\r\n\r\n100\r\nabc',
    );
  },
  /** Lines, the last of which breaks off: with the connection, or, with `clean=1`, with the body. */
  'cut-line'(_request, response, { text }) {
    const body = '{"line":1}\n{"line":2}\n{"li';
    if (text('clean')) return void response.end(body);
    response.writeHead(200, { 'content-length': 1000 });
    response.write(body, () => response.destroy());
  },
  /** More bytes than were promised. */
  'too-long'(_request, response) {
    response.socket.end(
      'HTTP/1.1 200 OK\r\naccess-control-allow-origin: *\r\ncontent-length: 3\r\n\r\nabcdef',
    );
  },
  /** A line of `size` bytes, and then another. */
  'long-line'(_request, response, { number }) {
    response.write(Buffer.alloc(number('size', 200_000), 0x61));
    response.end('\nshort\n');
  },
  /** A text in no encoding. */
  'invalid-utf8': (_request, response) => response.end(Buffer.from([0x22, 0xff, 0xfe, 0x22])),
  /** The text, one byte at a time. */
  async trickle(_request, response, { text, gone }) {
    await trickle(response, Buffer.from(text('text')), gone);
    response.end();
  },
  /** The request's body is never read. */
  'stop-reading': (request) => request.pause(),
  /** So many bytes, as fast as they are taken. */
  async bytes(_request, response, { number, gone }) {
    response.writeHead(200, { 'content-length': number('count', 0) });
    await writeAll(response, number('count', 0), gone);
    response.end();
  },
  /** What the request brought, as its body. */
  echo(request, response) {
    response.setHeader('content-type', request.headers['content-type'] ?? 'application/octet-stream');
    request.pipe(response);
  },
  /** What the request was. */
  async request(request, response) {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    const { method, headers } = request;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ method, headers, body }));
  },
  status: (_request, response, { number, text }) => response.writeHead(number('code', 200)).end(text('body')),
  redirect: (_request, response) => response.writeHead(302, { location: '/http/status?body=there' }).end(),
  /**
   * Events with ids that go on after the request's Last-Event-ID, `per` of them for each connection, `total` in all; then
   * 204, which asks for no more. `retry=` milliseconds are told first; `cut=1` breaks off in the middle of an event.
   */
  sse(request, response, { number, text }) {
    const last = Number(request.headers['last-event-id'] ?? 0);
    const end = Math.min(last + number('per', 2), number('total', 4));
    if (last === end) return void response.writeHead(204).end();
    response.setHeader('content-type', 'text/event-stream');
    response.write(`retry: ${number('retry', 1)}\n\n`);
    for (let id = last + 1; id <= end; id++) response.write(`id: ${id}\nevent: tick\ndata: number ${id}\n\n`);
    if (text('cut')) response.write('id: 99\ndata: half an ev', () => response.destroy());
    else response.end();
  },
};

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** The server's side of the handshake, as text. */
function acceptance(request, headers = {}) {
  const accept = createHash('sha1')
    .update(request.headers['sec-websocket-key'] + GUID)
    .digest('base64');
  const lines = { upgrade: 'websocket', connection: 'Upgrade', 'sec-websocket-accept': accept, ...headers };
  return `HTTP/1.1 101 Switching Protocols\r\n${Object.entries(lines)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}\r\n`;
}

/** A server's frame, of which `length` may say more than there is. */
function frame(opcode, payload, { fin = true, length = payload.length } = {}) {
  const head = [(fin ? 0x80 : 0) | opcode];
  if (length < 126) head.push(length);
  else if (length < 65536) head.push(126, length >> 8, length & 255);
  else {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64BE(BigInt(length));
    head.push(127, ...bytes);
  }
  return Buffer.concat([Buffer.from(head), payload]);
}

const [TEXT, BINARY] = [1, 2];

/** Opens the connection and, when a page has had the time to hear of that, sends these; 'end' breaks it. */
function open(...steps) {
  return async (request, socket, { gone }) => {
    socket.write(acceptance(request));
    await sleep(20, undefined, { signal: gone });
    for (const step of steps) {
      if (step === 'end') socket.end();
      else socket.write(step);
    }
  };
}

/** Faults of the handshake and of frames, by the path after /ws/: with the bare TCP socket. */
const rawWs = {
  /** The connection is closed in place of an answer. */
  refuse: (_request, socket) => socket.destroy(),
  /** An answer that is not the protocol's. */
  reject: (_request, socket, { number }) =>
    socket.end(`HTTP/1.1 ${number('code', 403)} No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`),
  /** No answer. */
  hang: () => {},
  /** Half an answer. */
  'hang-handshake': (request, socket) => socket.write(acceptance(request).slice(0, 40)),
  /** A subprotocol that nobody asked for. */
  'wrong-protocol': (request, socket) =>
    socket.write(acceptance(request, { 'sec-websocket-protocol': 'another' })),
  /** An answer to another question. */
  'wrong-accept': (request, socket) =>
    socket.write(acceptance(request, { 'sec-websocket-accept': 'bm90IHlvdXJz' })),
  /** One message, and a frame of which half comes before the connection breaks. */
  'cut-frame': open(
    frame(BINARY, Buffer.from('whole')),
    frame(BINARY, Buffer.from('half'), { length: 1000 }),
    'end',
  ),
  /** A message in two frames, of which one comes before the connection breaks. */
  'cut-message': open(frame(BINARY, Buffer.from('part'), { fin: false }), 'end'),
  /** The connection breaks without a word. */
  cut: open('end'),
  'invalid-utf8': open(frame(TEXT, Buffer.from([0xc3, 0x28]))),
  /** A frame of a kind that does not exist. */
  'invalid-opcode': open(frame(7, Buffer.from('?'))),
  /** The handshake and two messages, one byte at a time; then a proper end. */
  async trickle(request, socket, { gone }) {
    const end = frame(8, Buffer.of(1000 >> 8, 1000 & 255));
    const messages = [frame(BINARY, Buffer.from('hello ')), frame(BINARY, Buffer.from('world'))];
    await trickle(socket, Buffer.concat([Buffer.from(acceptance(request)), ...messages, end]), gone);
    socket.end();
  },
  /** What the other side sends is never read. */
  'stop-reading'(request, socket) {
    socket.write(acceptance(request));
    socket.pause();
  },
  /** A message; what the other side sends is read, and its close is not answered. */
  'hang-close': open(frame(BINARY, Buffer.from('hello'))),
};

/** Faults of an open connection, by the path after /ws/: with the connection. */
const ws = {
  echo: (socket) => socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary })),
  close: (socket, { number, text }) => socket.close(number('code', undefined), text('reason')),
  /** One message of `size` bytes, as text with `text=1`. */
  message: (socket, { number, text }) =>
    socket.send(Buffer.alloc(number('size', 0), 0x61), { binary: !text('text') }),
  /** `count` messages of `size` bytes as fast as they are taken, then a close. The first four bytes are a number. */
  async flood(socket, { number, account, gone }) {
    const size = number('size', 65536);
    for (let n = 0; n < number('count', 16) && !gone.aborted; n++) {
      const data = Buffer.alloc(size, 0x2e);
      if (size >= 4) data.writeUInt32BE(n);
      // Called when the kernel has it: a slow reader shows.
      const written = new Promise((resolve) => socket.send(data, resolve));
      if (socket.bufferedAmount > 256 * 1024) await written;
      account.sent += size;
    }
    socket.close(1000);
  },
  /** Takes what comes, and says how many bytes that were when it is told 'how many?'. */
  sink(socket, { account }) {
    socket.on('message', (data, isBinary) => {
      if (isBinary) account.received += data.length;
      else socket.send(String(account.received));
    });
  },
};

/** Starts it on a port that is free. It does not keep the process alive. */
export async function startFaultServer({ port = 0 } = {}) {
  const accounts = new Map();
  const accountOf = (key) => {
    const known = accounts.get(key) ?? { opened: 0, open: 0, sent: 0, received: 0 };
    accounts.set(key, known);
    return known;
  };

  /** What a fault is told of its connection. */
  function begin(request, socket) {
    const { pathname, searchParams } = new URL(request.url, 'http://localhost');
    const account = accountOf(searchParams.get('key') ?? '');
    const controller = new AbortController();
    account.opened++;
    account.open++;
    socket.once('close', () => {
      account.open--;
      controller.abort();
    });
    const text = (name) => searchParams.get(name) ?? '';
    const number = (name, fallback) => (searchParams.has(name) ? Number(text(name)) : fallback);
    const [, kind, name] = pathname.split('/');
    return { kind, name, text, number, account, gone: controller.signal };
  }

  const ended = (error) => {
    if (error?.name !== 'AbortError') throw error;
  };

  const server = createServer((request, response) => {
    response.setHeader('access-control-allow-origin', '*');
    response.setHeader('access-control-allow-headers', '*, last-event-id, x-test');
    response.setHeader('access-control-allow-methods', '*');
    response.setHeader('access-control-expose-headers', '*');
    response.setHeader('cache-control', 'no-store');
    if (request.method === 'OPTIONS') return void response.end();
    const url = new URL(request.url, 'http://localhost');
    if (url.pathname === '/stats') {
      response.setHeader('content-type', 'application/json');
      return void response.end(JSON.stringify(accountOf(url.searchParams.get('key') ?? '')));
    }
    const call = begin(request, response);
    if (call.kind !== 'http' || !Object.hasOwn(http, call.name)) return void response.writeHead(404).end();
    return void Promise.resolve(http[call.name](request, response, call)).catch(ended);
  });

  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: 0,
    perMessageDeflate: false,
    // The first that is asked for, unless that is "none".
    handleProtocols: (protocols) => (protocols.has('none') ? false : [...protocols][0]),
  });
  const tcp = new Set();
  server.on('connection', (socket) => {
    tcp.add(socket);
    socket.once('close', () => tcp.delete(socket));
    socket.on('error', () => {}); // the other side went away, which is what it came for
  });
  server.on('upgrade', (request, socket, head) => {
    const call = begin(request, socket);
    if (call.kind === 'ws' && Object.hasOwn(rawWs, call.name)) {
      // Else the other side's end would not be seen, or only half of it.
      socket.resume().on('end', () => socket.end());
      Promise.resolve(rawWs[call.name](request, socket, call)).catch(ended);
    } else if (call.kind === 'ws' && Object.hasOwn(ws, call.name)) {
      sockets.handleUpgrade(request, socket, head, (connection) => {
        connection.on('error', () => connection.terminate());
        Promise.resolve(ws[call.name](connection, call)).catch(ended);
      });
    } else {
      socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n');
    }
  });

  await new Promise((resolve, reject) => {
    server.on('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  server.unref();
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    refused: 'http://127.0.0.1:2',
    stats: (key = '') => accountOf(key),
    close() {
      server.close();
      for (const socket of tcp) socket.destroy();
    },
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const server = await startFaultServer({ port: Number(process.argv[2] ?? 8900) });
  console.log(server.origin);
  setInterval(() => {}, 1 << 30);
}
