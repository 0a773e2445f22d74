// Serves the pages of the cases. A page sends its result itself: a driver that asked for it would disturb the page.

import { createServer } from 'node:http';
import { bundleCase } from './bundle.mjs';

const PAGE = (name) => `<!doctype html>
<meta charset="utf-8">
<title>${name}</title>
<style>
  @keyframes turn { to { transform: rotate(1turn); } }
  i { display: block; width: 100px; height: 100px; background: teal; animation: turn 1s linear infinite; }
</style>
<i></i>
<script src="/${name}.js"></script>
<script>
  async function start(id, name, options) {
    let message;
    try {
      message = { value: await bench[name](options) };
    } catch (error) {
      message = { error: String(error?.stack ?? error) };
    }
    await fetch('/result/' + id, { method: 'POST', body: JSON.stringify(message) });
  }
</script>`;

/**
 * @param {{short?: boolean}} [options]
 * @returns {Promise<{origin: string, prepare: Function, call: Function, close: () => void}>}
 */
export async function serveCases({ short } = {}) {
  const scripts = new Map();
  const waiting = new Map();
  let lastId = 0;

  const answers = {
    html: ['text/html; charset=utf-8', (name) => PAGE(name)],
    js: ['text/javascript', (name) => scripts.get(name) ?? remember(name)],
  };
  const remember = (name) => {
    scripts.set(name, bundleCase(name, { short }));
    return scripts.get(name);
  };

  const server = createServer(async (request, response) => {
    try {
      const { pathname } = new URL(request.url, 'http://localhost');
      const result = /^\/result\/(\d+)$/.exec(pathname);
      if (result) {
        let body = '';
        for await (const part of request) body += part;
        waiting.get(Number(result[1]))?.(JSON.parse(body));
        response.end();
        return;
      }
      const [, name, type] = /^\/([\w-]+)\.(html|js)$/.exec(pathname) ?? [];
      if (!type) {
        response.writeHead(404).end();
        return;
      }
      const body = await answers[type][1](name);
      response.setHeader('content-type', answers[type][0]);
      response.end(body);
    } catch (error) {
      response.writeHead(500).end(String(error.stack));
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));

  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    /** Begins to make these cases' scripts. */
    prepare: (names) => {
      for (const name of names) remember(name).catch(() => {}); // who asks for it learns of it
    },
    /** Calls an export of a case's module in its page, and gives what the page sends back. */
    async call(page, name, options, { seconds = 240 } = {}) {
      const id = ++lastId;
      let timer;
      const answer = new Promise((resolve, reject) => {
        waiting.set(id, resolve);
        timer = setTimeout(
          () => reject(new Error(`No result of ${name} after ${seconds} s`)),
          seconds * 1000,
        );
      });
      try {
        await page.evaluate(`void start(${id}, ${JSON.stringify(name)}, ${JSON.stringify(options ?? {})})`);
        const { value, error } = await answer;
        if (error) throw new Error(error);
        return value;
      } finally {
        clearTimeout(timer);
        waiting.delete(id);
      }
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
