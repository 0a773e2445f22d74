// For page tests (test/browser/*.test.mjs): Node drives a page, in whichever engine the run is about.

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The engine to use: `npm test` runs every page test once in each. By hand: ENGINE=firefox node --test <file>. */
export const engine = process.env.ENGINE ?? 'chromium';

const TYPES = {
  '.css': 'text/css',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.map': 'application/json',
  '.svg': 'image/svg+xml',
};

/**
 * Serves the repository's files, and pages given as text by path, on a port that is free.
 *
 * @param {Record<string, string | {body: string, headers: Record<string, string>}>} [pages] Such as
 *   `{ '/page.html': '<script …' }`.
 * @param {object} [options]
 * @param {Record<string, string>} [options.headers] Of every answer.
 * @param {(...given: unknown[]) => unknown} [options.upgrade] Takes requests for WebSockets.
 * @returns {Promise<{origin: string, requests: string[], close: () => void}>}
 */
export async function serveFiles(pages = {}, { headers = {}, upgrade } = {}) {
  const root = fileURLToPath(new URL('../../', import.meta.url));
  const requests = [];
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    requests.push(pathname);
    if (pathname === '/favicon.ico') {
      // Asked for by the browser, not by the page, whose console would tell of a 404 now and then.
      response.writeHead(204).end();
      return;
    }
    try {
      const page = pages[pathname] ?? (await readFile(join(root, normalize(pathname))));
      const type = pathname.endsWith('/') ? '.html' : extname(pathname);
      response.setHeader('content-type', TYPES[type] ?? 'application/octet-stream');
      for (const [name, value] of Object.entries({ ...headers, ...page.headers }))
        response.setHeader(name, value);
      response.end(page.body ?? page);
    } catch {
      response.writeHead(404).end();
    }
  });
  if (upgrade !== undefined) server.on('upgrade', upgrade);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    requests,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
