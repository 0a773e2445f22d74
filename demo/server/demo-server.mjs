// The server of the demo: its endpoints, its feed, its rooms, and a second origin for what must come from elsewhere.

import { createServer } from 'node:http';
import { createCatalogue } from './catalogue.mjs';
import { createEndpoints, sendJson, sendText, urlOf } from './endpoints.mjs';
import { createFeed } from './feed.mjs';
import { createRooms } from './room.mjs';

/**
 * Starts the second origin. What it gives can be hung into any Node server: `handle` takes its requests and `upgrade`
 * its upgrades, and each says whether the thing was its own.
 */
export async function createDemoServer() {
  const endpoints = createEndpoints();
  const feed = createFeed(endpoints.open);
  const rooms = createRooms();
  const elsewhere = await startElsewhere();
  const catalogue = createCatalogue(elsewhere.origin);

  return {
    catalogue,
    /** How many requests of a run are open, or of all runs. */
    open: endpoints.open,
    /** How many connections the feed has. */
    listeners: () => feed.size,
    /** How many requests have come to the second origin. */
    requestsElsewhere: () => elsewhere.requests,

    handle(request, response) {
      const { pathname, searchParams } = urlOf(request);
      if (pathname === '/api/catalogue') sendJson(response, catalogue);
      else if (pathname === '/api/open') sendJson(response, endpoints.open(searchParams.get('run') ?? ''));
      else return endpoints.handle(request, response);
      return true;
    },
    upgrade: (...given) => feed.upgrade(...given) || rooms.upgrade(...given),
    close() {
      feed.close();
      rooms.close();
      elsewhere.close();
    },
  };
}

/** A second origin, on a port of its own: it permits /permitted to be read by other origins' pages, and nothing else. */
async function startElsewhere() {
  let requests = 0;
  const server = createServer((request, response) => {
    requests++;
    if (request.url === '/permitted') response.setHeader('access-control-allow-origin', '*');
    response.setHeader('cache-control', 'no-store');
    sendText(response, 200, 'From another origin\n');
  });
  await new Promise((resolve, reject) => {
    server.on('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    get requests() {
      return requests;
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
