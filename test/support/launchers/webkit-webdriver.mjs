// WebKitGTK's MiniBrowser, by WebDriver's HTTP calls to WebKitWebDriver. A driver permits one session, and a window
// behind another tab would be throttled, so that every page is a driver and a browser of its own. Without a head
// they share a virtual display.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';

const START_SECONDS = 30;

export async function launch({ executable, headless }) {
  const display = headless ? await startDisplay() : undefined;
  const env = {
    ...process.env,
    ...(display && { DISPLAY: display.name, GDK_BACKEND: 'x11' }),
    // There is no desktop to talk to.
    NO_AT_BRIDGE: '1',
    GSETTINGS_BACKEND: 'memory',
  };
  const binary = process.env.WEBKIT_BROWSER_PATH ?? (await findMiniBrowser());
  const pages = new Set();
  return {
    async newPage() {
      const session = await startSession(executable, binary, env);
      const page = createPage(session, () => pages.delete(page));
      pages.add(page);
      await page.setViewport({ width: 1280, height: 720 });
      return page;
    },
    async close() {
      await Promise.all([...pages].map((page) => page.close()));
      display?.stop();
    },
  };
}

function createPage({ call, stop }, onClose) {
  let url = 'about:blank';
  return {
    // WebDriver has no way to ask for what was logged.
    consoleMessages: null,
    async goto(target) {
      await call('POST', '/url', { url: target });
      url = target;
    },
    url: () => url,
    async evaluate(expression) {
      const script = `
        const done = arguments[arguments.length - 1];
        Promise.resolve().then(() => (${expression}
        )).then((value) => done({ value }), (error) => done({ error: String(error), stack: String(error?.stack) }));`;
      const result = await call('POST', '/execute/async', { script, args: [] });
      if ('error' in result) throw new Error(`${result.error}\n${result.stack}`);
      return result.value ?? undefined;
    },
    async screenshot(path) {
      await writeFile(path, Buffer.from(await call('GET', '/screenshot'), 'base64'));
    },
    async setViewport({ width, height }) {
      const inner = () =>
        call('POST', '/execute/sync', { script: 'return [innerWidth, innerHeight]', args: [] });
      const fits = async () => String(await inner()) === String([width, height]);
      for (let attempt = 0; attempt < 3 && !(await fits()); attempt++) {
        // A window's size includes what the browser puts around the page.
        const [window, page] = [await call('GET', '/window/rect'), await inner()];
        const size = { width: width + window.width - page[0], height: height + window.height - page[1] };
        await call('POST', '/window/rect', size);
        // The page learns of it a little later.
        await until('the window to change its size', fits, 1).catch(() => {});
      }
    },
    async click(x, y) {
      const actions = [
        { type: 'pointerMove', duration: 0, x: Math.round(x), y: Math.round(y) },
        { type: 'pointerDown', button: 0 },
        { type: 'pointerUp', button: 0 },
      ];
      await call('POST', '/actions', { actions: [{ type: 'pointer', id: 'mouse', actions }] });
    },
    async close() {
      onClose();
      await call('DELETE', '').catch(() => {}); // The process is killed in any case.
      stop();
    },
  };
}

/** A driver and its one session. The port may be taken between being found free and being used: then once more. */
async function startSession(executable, binary, env, attempts = 3) {
  const port = await freePort();
  const driver = start(executable, [`--port=${port}`], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let complaints = '';
  driver.process.stderr.setEncoding('utf8').on('data', (text) => {
    complaints = (complaints + text).slice(-2000);
  });
  const base = `http://127.0.0.1:${port}`;
  try {
    await until(`${executable} to listen on port ${port}`, async () => {
      if (driver.exited()) throw new Error(`${executable} exited: ${complaints}`);
      return (await fetch(`${base}/status`).catch(() => null))?.ok;
    });
    const { sessionId } = await request('POST', `${base}/session`, {
      capabilities: {
        alwaysMatch: {
          browserName: 'MiniBrowser',
          timeouts: { script: 60_000, pageLoad: 60_000 },
          'webkitgtk:browserOptions': { binary, args: ['--automation'] },
        },
      },
    });
    return {
      call: (method, path, body) => request(method, `${base}/session/${sessionId}${path}`, body),
      stop: driver.stop,
    };
  } catch (error) {
    driver.stop();
    if (attempts > 1) return startSession(executable, binary, env, attempts - 1);
    throw new Error(`Cannot start WebKit: ${error.message}${complaints && `\n${complaints}`}`);
  }
}

async function request(method, url, body) {
  const response = await fetch(url, {
    method,
    ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    signal: AbortSignal.timeout(90_000),
  });
  const { value } = await response.json();
  if (!response.ok) throw new Error(`${method} ${new URL(url).pathname}: ${value?.error}: ${value?.message}`);
  return value;
}

/** Xvfb on a display number that it chooses itself, so that two runs cannot meet. */
async function startDisplay() {
  const server = start('Xvfb', ['-displayfd', '3', '-screen', '0', '1920x1400x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  let number = '';
  server.process.stdio[3].setEncoding('utf8').on('data', (text) => {
    number += text;
  });
  try {
    await until('Xvfb to start', () => {
      if (server.exited()) throw new Error('Cannot start Xvfb: it exited');
      return number.endsWith('\n');
    });
  } catch (error) {
    server.stop();
    throw error;
  }
  return { name: `:${number.trim()}`, stop: server.stop };
}

/** MiniBrowser lies in a library folder that names the processor and WebKitGTK's version. */
async function findMiniBrowser() {
  for (const library of ['/usr/lib', '/usr/lib64', '/usr/libexec', '/usr/local/libexec']) {
    const folders = existsSync(library) ? await readdir(library) : [];
    for (const folder of ['', ...folders.filter((name) => name.includes('linux'))]) {
      for (const version of ['6.0', '4.1', '4.0']) {
        const path = [library, folder, `webkit${version === '6.0' ? '' : '2'}gtk-${version}`, 'MiniBrowser']
          .filter(Boolean)
          .join('/');
        if (existsSync(path)) return path;
      }
    }
  }
  throw new Error('Cannot start WebKit: MiniBrowser is not installed beside WebKitWebDriver');
}

/** A child process with a group of its own, ended with all that it started, at the latest when this process ends. */
function start(command, args, options) {
  const child = spawn(command, args, { ...options, detached: true });
  let hasExited = false;
  child.on('exit', () => {
    hasExited = true;
  });
  child.on('error', () => {
    hasExited = true;
  });
  const stop = () => {
    process.off('exit', stop);
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // The whole group has gone already.
    }
  };
  process.on('exit', stop);
  exitOnSignals();
  return { process: child, stop, exited: () => hasExited };
}

/** A signal that ends the process must still run its 'exit' listeners. */
function exitOnSignals() {
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ]) {
    if (process.listenerCount(signal) === 0) process.once(signal, () => process.exit(code));
  }
}

async function until(what, condition, seconds = START_SECONDS) {
  const deadline = Date.now() + seconds * 1000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`Timed out after ${seconds} s waiting for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
