import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { demoServer } from './demo/server/plugin.mjs';

const source = (path: string): string => fileURLToPath(new URL(`./src/${path}`, import.meta.url));

// The playground imports the library by the names a user would write, and gets the TypeScript sources.
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [demoServer()],
  resolve: {
    alias: [
      { find: /^asyncio-web$/, replacement: source('index.ts') },
      { find: /^asyncio-web\/lowlevel$/, replacement: source('lowlevel.ts') },
      { find: /^asyncio-web\/testing$/, replacement: source('testing.ts') },
    ],
  },
  // dist/ belongs to the library.
  build: { outDir: 'build/demo', target: 'es2022' },
});
