// The demo's server by itself, without a page.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { WebSocket } from 'ws';
import { createDemoServer } from '../../demo/server/demo-server.mjs';

describe('the demo server', () => {
  let demo;
  let server;
  let origin;

  before(async () => {
    demo = await createDemoServer();
    server = createServer(
      (request, response) => demo.handle(request, response) || response.writeHead(404).end(),
    );
    server.on('upgrade', demo.upgrade);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    origin = `http://127.0.0.1:${server.address().port}`;
  });

  after(() => {
    demo.close();
    server.close();
    server.closeAllConnections();
  });

  const get = (path, options) => fetch(origin + path, options);

  async function until(condition) {
    const deadline = Date.now() + 10_000;
    while (!condition()) {
      assert.ok(Date.now() < deadline, `Timed out waiting for ${condition}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  it('leaves a request that is none of its own to others', async () => {
    for (const path of ['/', '/api', '/api/', '/api/nothing', '/api/constructor', '/api/hang/more']) {
      assert.equal((await get(path)).status, 404, path);
    }
  });

  it('streams as many bytes as it is asked for', async () => {
    for (const count of [0, 1, 16_384, 16_385, 3_000_000]) {
      const response = await get(`/api/bytes?count=${count}`);
      assert.equal(response.headers.get('content-length'), String(count));
      assert.equal((await response.arrayBuffer()).byteLength, count);
    }
    const spread = await get('/api/bytes?count=7&seconds=0.1');
    assert.equal((await spread.arrayBuffer()).byteLength, 7);
  });

  it('fails as often as it is told, for each key and each run by itself', async () => {
    const statuses = async (query, times) => {
      const found = [];
      for (let n = 0; n < times; n++) found.push((await get(`/api/flaky?${query}`)).status);
      return found;
    };
    assert.deepEqual(await statuses('times=2&key=a&run=1', 2), [503, 503]);
    assert.deepEqual(await statuses('times=1&key=b&run=1', 2), [503, 200]);
    assert.deepEqual(await statuses('times=2&key=a&run=2', 3), [503, 503, 200]);
    assert.deepEqual(await statuses('times=2&key=a&run=1', 4), [200, 503, 503, 200]);
    const busy = await get('/api/flaky?times=1&key=c&status=429&retry=3');
    assert.deepEqual([busy.status, busy.headers.get('retry-after')], [429, '3']);
  });

  it('redirects as often as it is told, and keeps the run', async () => {
    const response = await get('/api/redirect?hops=4&run=r');
    assert.deepEqual([response.status, response.redirected], [200, true]);
    assert.equal(new URL(response.url).searchParams.get('run'), 'r');
    await assert.rejects(get('/api/redirect-loop'), TypeError);
  });

  it('breaks off in the middle', async () => {
    const response = await get('/api/drop?count=1000');
    assert.equal(response.status, 200);
    await assert.rejects(response.arrayBuffer());
  });

  it('refuses what makes no sense', async () => {
    for (const path of [
      '/api/slow?ms=-1',
      '/api/slow?ms=soon',
      '/api/slow?ms=1e9',
      '/api/bytes?count=1e12',
      '/api/status?code=99',
      '/api/redirect?hops=100',
    ]) {
      assert.equal((await get(path)).status, 400, path);
    }
  });

  it('counts what is open of each run, and frees what the other side has given up', async () => {
    const controller = new AbortController();
    const paths = [
      '/api/hang?run=h',
      '/api/slow?ms=100000&run=h',
      '/api/bytes?count=64000000&run=h',
      '/api/bytes?count=9&seconds=99&run=h',
    ];
    const requests = paths.map((path) => get(path, { signal: controller.signal }).catch(() => {}));
    await until(() => demo.open('h') === 4);
    assert.equal(await (await get('/api/open?run=h')).json(), 4);
    assert.equal(await (await get('/api/open?run=other')).json(), 0);
    controller.abort();
    await until(() => demo.open('h') === 0);
    await Promise.all(requests);
    assert.equal(demo.open(), 0);
  });

  it('sends ticks, closes after the last, and forgets a listener that leaves', async () => {
    const url = `${origin.replace('http', 'ws')}/feed`;
    const hanging = new AbortController();
    const request = get('/api/hang?run=f', { signal: hanging.signal }).catch(() => {});
    await until(() => demo.open('f') === 1);
    const ticks = [];
    const socket = new WebSocket(`${url}?run=f&ticks=3`);
    socket.on('message', (data) => ticks.push(JSON.parse(data)));
    const [code] = await once(socket, 'close');
    assert.equal(code, 1001);
    assert.deepEqual(ticks, [
      { tick: 1, open: 1 },
      { tick: 2, open: 1 },
      { tick: 3, open: 1 },
    ]);
    hanging.abort();
    await request;

    const leaving = new WebSocket(url);
    await once(leaving, 'message');
    assert.equal(demo.listeners(), 1);
    leaving.terminate();
    await until(() => demo.listeners() === 0);
  });

  it('has another origin, which permits one page to be read and not the other', async () => {
    const urls = demo.catalogue.flatMap(({ urls }) => urls.map(([url]) => url));
    const permission = async (name) => {
      const response = await fetch(urls.find((url) => url.endsWith(name)));
      return [response.status, response.headers.get('access-control-allow-origin')];
    };
    assert.deepEqual(await permission('/permitted'), [200, '*']);
    assert.deepEqual(await permission('/refused'), [200, null]);
    await assert.rejects(fetch('http://127.0.0.1:2/'), 'nothing listens where the catalogue says so');
  });
});
