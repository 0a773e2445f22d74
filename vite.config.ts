import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { guide } from './demo/guide/vite-plugin.mjs';
import { playground } from './demo/playground/vite-plugin.mjs';
import { demoServer } from './demo/server/plugin.mjs';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const source = (path: string): string => here(`./src/${path}`);

// The playground imports the library by the names a user would write, and gets the TypeScript sources.
export default defineConfig(({ command }) => ({
  root: here('.'),
  // Relative addresses: the site works at any path of any host.
  base: './',
  plugins: [demoServer(), playground(), guide()],
  resolve: {
    alias: [
      { find: /^asyncio-web$/, replacement: source('index.ts') },
      { find: /^asyncio-web\/lowlevel$/, replacement: source('lowlevel.ts') },
      { find: /^asyncio-web\/testing$/, replacement: source('testing.ts') },
      // Served as it is, PixiJS would bring modules of CommonJS, which a page cannot load: its one file has them inside.
      ...(command === 'serve'
        ? [{ find: /^pixi\.js$/, replacement: here('./node_modules/pixi.js/dist/pixi.min.mjs') }]
        : []),
    ],
  },
  // dist/ belongs to the library.
  build: {
    outDir: 'build/site',
    // The editor is one of them, and TypeScript, which is loaded when it is wanted.
    chunkSizeWarningLimit: 8000,
    target: 'es2022',
    rollupOptions: {
      input: {
        index: here('index.html'),
        fetcher: here('demo/fetcher/index.html'),
        ticker: here('demo/ticker/index.html'),
      },
    },
  },
}));
