// The guide's pages in the site: no file holds their HTML, it is made of demo/guide/*.md.

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PAGES, renderPage } from './pages.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));
const pathOf = (name) => join(here, `${name}.html`);
const nameOf = (path) => PAGES.find((name) => path === pathOf(name));

/** @returns {import('vite').Plugin} */
export function guide() {
  return {
    name: 'guide',
    enforce: 'pre',
    config(config) {
      const input = config.build?.rollupOptions?.input ?? { index: join(root, 'index.html') };
      const pages = Object.fromEntries(PAGES.map((name) => [`guide-${name}`, pathOf(name)]));
      // Examples and the picture show names of functions.
      const output = { keepNames: true };
      return { build: { rollupOptions: { input: { ...input, ...pages }, output } } };
    },
    resolveId(id) {
      return nameOf(id) === undefined ? undefined : id;
    },
    load(id) {
      const name = nameOf(id);
      if (name === undefined) return undefined;
      this.addWatchFile(join(here, `${name}.md`));
      return renderPage(name);
    },
    configureServer(server) {
      server.watcher.add(here);
      server.watcher.on('change', (path) => {
        if (path.startsWith(here) && path.endsWith('.md')) server.ws.send({ type: 'full-reload' });
      });
      server.middlewares.use(async (request, response, next) => {
        const path = new URL(request.url ?? '/', 'http://localhost').pathname.replace(
          /\/guide\/$/,
          '/guide/index.html',
        );
        const name = nameOf(join(root, path));
        if (name === undefined) return next();
        try {
          const html = await server.transformIndexHtml(path, renderPage(name));
          response.setHeader('content-type', 'text/html; charset=utf-8');
          response.end(html);
        } catch (error) {
          next(error);
        }
      });
    },
  };
}
