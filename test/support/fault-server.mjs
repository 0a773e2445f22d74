// A server that misbehaves on request: what the URL's path says, it does, to that connection and to no other.
//
//   const server = await startFaultServer();
//   server.origin      'http://127.0.0.1:…'; for WebSockets write ws: in place of http:
//   server.refused     an origin at which nothing listens
//   server.stats       what is open, and what was sent and received under each key
//
// Every origin may read the answers, since the tests' pages come from another port. `key=…` on any URL names an
// account in the statistics, which `/stats?key=…` tells to the page. The faults are listed below, at `http` and `ws`.
//
// An engine may throw away what it has not given to the page when a connection breaks, and a busy one is late. So what
// breaks an open WebSocket happens when the other side says something, and what breaks a body with `until=…` in its URL
// when `/http/go?until=…` is asked for: by then the page has what came before.
//
// Run by hand it serves until it is killed: node test/support/fault-server.mjs

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { WebSocketServer } from 'ws';

const CHUNK = Buffer.alloc(64 * 1024, 0x2e);

/** Writes as fast as the other side takes it. */
async function writeAll(response, count, { account, gone: signal }) {
  for (let left = count; left > 0; left -= CHUNK.length) {
    const chunk = left < CHUNK.length ? CHUNK.subarray(0, left) : CHUNK;
    if (!response.write(chunk)) await once(response, 'drain', { signal });
    account.sent += chunk.length;
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

/** What lets a body break off that waits for that, by its `until`. */
const gates = new Map();

/** By the path after /http/. Each is called with the request, the response, and what `begin` gives. */
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
  /** Lets the bodies with the same `until` break off. */
  go(_request, response, { text }) {
    gates.get(text('until'))?.();
    response.end();
  },
  /** A body that promises 1000 bytes and breaks off after some. */
  async cut(_request, response, { number, told }) {
    response.writeHead(200, { 'content-length': 1000 });
    response.flushHeaders();
    response.write(CHUNK.subarray(0, number('after', 500)));
    await told();
    response.destroy();
  },
  /** A chunk that promises 256 bytes and breaks off in the middle. */
  async 'cut-chunk'(_request, response, { told }) {
    response.socket.write(
      'HTTP/1.1 200 OK\r\naccess-control-allow-origin: *\r\ntransfer-encoding: chunked\r\n\r\n100\r\nabc',
    );
    await told();
    response.socket.end();
  },
  /** Lines, the last of which breaks off: with the connection, or, with `clean=1`, with the body. */
  async 'cut-line'(_request, response, { text, told }) {
    const body = '{"line":1}\n{"line":2}\n{"li';
    if (text('clean')) return void response.end(body);
    response.writeHead(200, { 'content-length': 1000 });
    response.write(body);
    await told();
    response.destroy();
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
  async bytes(_request, response, call) {
    const count = call.number('count', 0);
    response.writeHead(200, { 'content-length': count });
    await writeAll(response, count, call);
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
/** A close with 1000. */
const END = frame(8, Buffer.of(1000 >> 8, 1000 & 255));

/** Opens the connection and, when the other side has said something, sends these; 'end' breaks it. */
function open(...steps) {
  return async (request, socket, { gone }) => {
    const said = once(socket, 'data', { signal: gone });
    socket.write(acceptance(request));
    await said;
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
    const messages = [frame(BINARY, Buffer.from('hello ')), frame(BINARY, Buffer.from('world'))];
    await trickle(socket, Buffer.concat([Buffer.from(acceptance(request)), ...messages, END]), gone);
    socket.end();
  },
  /**
   * `count` messages of `size` bytes as fast as they are taken, many in a packet, then a close. The first four bytes are
   * a number.
   */
  async flood(request, socket, { number, account, gone }) {
    const [count, size] = [number('count', 16), number('size', 65536)];
    let isOver = false;
    // The other side's close, as answer to this side's or before it; nobody sends anything else here.
    socket.on('data', () => socket.end(isOver ? undefined : END));
    socket.write(acceptance(request));
    const data = Buffer.alloc(size, 0x2e);
    for (let n = 0; n < count && !socket.writableEnded; ) {
      const frames = [];
      for (let length = 0; length < CHUNK.length && n < count; length += size + 16, n++) {
        if (size >= 4) data.writeUInt32BE(n);
        frames.push(frame(BINARY, data));
      }
      if (!socket.write(Buffer.concat(frames))) await once(socket, 'drain', { signal: gone });
      account.sent += frames.length * size;
    }
    isOver = true;
    if (!socket.writableEnded) socket.write(END);
  },
  /** What the other side sends is never read. */
  'stop-reading'(request, socket) {
    socket.write(acceptance(request));
    socket.pause();
  },
  /** A message; what the other side sends is read, and its close is not answered. */
  'hang-close'(request, socket) {
    socket.write(acceptance(request));
    socket.write(frame(BINARY, Buffer.from('hello')));
  },
};

/** Faults of an open connection, by the path after /ws/: with the connection. */
const ws = {
  echo: (socket) => socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary })),
  close: (socket, { number, text }) => socket.close(number('code', undefined), text('reason')),
  /** One message of `size` bytes, as text with `text=1`. */
  message: (socket, { number, text }) =>
    socket.send(Buffer.alloc(number('size', 0), 0x61), { binary: !text('text') }),
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

  /** What a fault is told of its connection: the query, the account, a signal of its end, and when it may break. */
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
    const told = async () => {
      if (!searchParams.has('until')) return;
      await new Promise((go) => {
        gates.set(text('until'), go);
        controller.signal.addEventListener('abort', go);
      });
      gates.delete(text('until'));
    };
    return { kind, name, text, number, account, gone: controller.signal, told };
  }

  // Waiting for the other side ends when that goes away, which is what it came for.
  const ended = (error) => {
    if (error?.name !== 'AbortError' && !['ECONNRESET', 'EPIPE'].includes(error?.code)) throw error;
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
