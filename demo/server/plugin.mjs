// The demo's server as a Vite plugin: the same endpoints under `vite`, `vite preview` and `npm start`.

import { createDemoServer } from './demo-server.mjs';

/** `api.demo` is the server, once Vite has been started. */
export function demoServer() {
  const api = { /** @type {Awaited<ReturnType<typeof createDemoServer>> | null} */ demo: null };

  /** @param {import('vite').ViteDevServer | import('vite').PreviewServer} server */
  async function install({ middlewares, httpServer }) {
    const demo = await createDemoServer();
    middlewares.use((request, response, next) => demo.handle(request, response) || next());
    // An upgrade that is not the feed's is Vite's own, for its hot reloads.
    httpServer?.on('upgrade', demo.upgrade);
    httpServer?.on('close', demo.close);
    api.demo = demo;
  }

  return { name: 'demo-server', api, configureServer: install, configurePreviewServer: install };
}
