// `npm start`: serves the playground and the fetcher's page, with the endpoints and the feed that it uses, and prints
// the addresses. With --headless: runs the fetcher's page in an installed browser, prints what came out, and exits with 0 or 1.

import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createServer } from 'vite';
import { runHeadless } from './headless.mjs';

const HELP = `npm start                          serves the playground and prints its address
npm start -- --port=8000           on this port, or the next that is free
npm start -- --headless            runs the fetcher in an installed browser, and exits with 1 if anything went wrong
npm start -- --headless --browser=chromium|firefox|webkit
npm start -- --headless --concurrency=6 --timeout=5 --attempts=3`;

/**
 * Starts Vite with the demo's server in it.
 *
 * @param {import('vite').InlineConfig['server']} [server]
 */
export async function startServer(server) {
  const vite = await createServer({
    root: fileURLToPath(new URL('..', import.meta.url)),
    configFile: fileURLToPath(new URL('../vite.config.ts', import.meta.url)),
    logLevel: 'warn',
    clearScreen: false,
    // The library depends on nothing: there is nothing to look for and to bundle in advance.
    optimizeDeps: { noDiscovery: true },
    server,
  });
  await vite.listen();
  const [address] = vite.resolvedUrls.local;
  return {
    address,
    fetcher: `${address}demo/fetcher/`,
    demo: vite.config.plugins.find((plugin) => plugin.name === 'demo-server').api.demo,
    close: () => vite.close(),
  };
}

/** A server for one run of a program: on any free port, without looking at the files for changes. */
export function startServerForRun() {
  return startServer({ host: '127.0.0.1', port: 0, hmr: false, watch: null });
}

async function main() {
  const { values } = parseArgs({
    options: {
      headless: { type: 'boolean' },
      browser: { type: 'string' },
      port: { type: 'string' },
      concurrency: { type: 'string' },
      timeout: { type: 'string' },
      attempts: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    console.log(HELP);
  } else if (values.headless) {
    const server = await startServerForRun();
    try {
      process.exitCode = (await runHeadless(server, values)) ? 0 : 1;
    } finally {
      await server.close();
    }
    // A browser that does not go away must not keep the result from being told.
    setTimeout(() => process.exit(), 5000).unref();
  } else {
    const { address, fetcher } = await startServer(values.port ? { port: Number(values.port) } : {});
    console.log(`The playground is at ${address}\nThe concurrent fetcher is at ${fetcher}`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  main().catch((error) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  });
}
