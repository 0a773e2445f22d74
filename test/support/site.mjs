// The site as `npm run build:site` makes it, served as files.

import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { serveFiles } from './pages.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Builds the site, unless the run has done so, and gives its files by path. */
export async function buildSite() {
  if (process.env.SITE_IS_FRESH !== '1') {
    const vite = join(root, 'node_modules/vite/bin/vite.js');
    await promisify(execFile)(process.execPath, [vite, 'build', '--logLevel', 'warn'], { cwd: root });
  }
  const folder = join(root, 'build/site');
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = {};
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files[path.slice(folder.length).replaceAll('\\', '/')] = await readFile(path);
  }
  return files;
}

/** Serves the site; folders stand for their index.html. `upgrade` takes requests for WebSockets, which a static host refuses. */
export async function serveSite({ upgrade } = {}) {
  const files = await buildSite();
  const pages = { ...files };
  for (const [path, body] of Object.entries(files)) {
    if (path.endsWith('/index.html')) pages[path.slice(0, -'index.html'.length)] = body;
  }
  return { ...(await serveFiles(pages, { upgrade })), files };
}
