// Finds the three engines, brings the ones that are missing, and drives any of them through one small interface.
//
//   const browser = await launch('firefox', { headless: true });
//   const page = await browser.newPage('http://localhost:8000/');
//   await page.evaluate((a, b) => a + b, 1, 2);       // 3; a promise is awaited
//
// Who drives what: Playwright drives Chromium, and its own builds of Firefox and WebKit where they are installed;
// Puppeteer drives a stock Firefox over WebDriver BiDi; plain WebDriver drives WebKitGTK's MiniBrowser.
//
// CHROMIUM_PATH, FIREFOX_PATH and WEBKIT_DRIVER_PATH name an executable to use instead of what would be found.

import { spawn } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';

/** @typedef {'chromium' | 'firefox' | 'webkit'} EngineName */

/**
 * @typedef {object} Page
 * @property {(url: string) => Promise<void>} goto Navigates and waits for the load event.
 * @property {() => string} url Where the page was when it was last heard of.
 * @property {(code: string | Function, ...args: unknown[]) => Promise<any>} evaluate Runs an expression, or a
 *   function with JSON arguments, in the page; awaits a promise. Rejects with the page's error message.
 * @property {(code: string | Function, ...args: unknown[]) => Promise<any>} waitFor Evaluates until the result is
 *   truthy, and gives that result. Rejects after a minute, when the page counts as stuck.
 * @property {(path: string) => Promise<void>} screenshot Writes a PNG of the viewport.
 * @property {(size: {width: number, height: number}) => Promise<void>} setViewport
 * @property {(x: number, y: number) => Promise<void>} click Presses and releases the mouse, as a user would.
 * @property {{type: string, text: string}[] | null} consoleMessages What the page logged, uncaught errors as type
 *   'pageerror'; null where the engine does not tell (WebKitGTK).
 * @property {() => Promise<void>} close
 */

/**
 * @typedef {object} Browser
 * @property {(url?: string) => Promise<Page>} newPage A page of its own, visible to the engine also beside others.
 * @property {() => Promise<void>} close
 */

/** @type {EngineName[]} */
export const ENGINES = ['chromium', 'firefox', 'webkit'];

/** The engines that a list such as 'chromium,webkit' names; all of them for an empty one. */
export function selectEngines(list = process.env.BROWSERS) {
  const names = (list ?? '').split(/[\s,]+/).filter(Boolean);
  const unknown = names.find((name) => !ENGINES.includes(name));
  if (unknown) throw new Error(`Cannot select browsers: '${unknown}' is not one of ${ENGINES.join(', ')}`);
  return names.length > 0 ? ENGINES.filter((name) => names.includes(name)) : [...ENGINES];
}

const KNOWN = {
  chromium: {
    variable: 'CHROMIUM_PATH',
    driver: 'playwright',
    commands: ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'],
    paths: [
      '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
      '/Applications/Chromium.app/Contents/MacOS/Chromium',
    ],
    debian: ['chromium'],
  },
  firefox: {
    variable: 'FIREFOX_PATH',
    driver: 'firefox-bidi',
    commands: ['firefox-esr', 'firefox'],
    paths: ['/Applications/Firefox.app/Contents/MacOS/firefox'],
    debian: ['firefox-esr'],
  },
  webkit: {
    variable: 'WEBKIT_DRIVER_PATH',
    driver: 'webkit-webdriver',
    commands: ['WebKitWebDriver'],
    // It needs a display: there is nothing to find without the means to make one.
    also: ['Xvfb'],
    paths: [],
    debian: ['webkit2gtk-driver', 'xvfb'],
  },
};

/**
 * Where an engine is and how it is driven, or undefined. Playwright's own builds come first: they are the same
 * version everywhere.
 *
 * @param {EngineName} name
 * @returns {Promise<{driver: string, executable: string} | undefined>}
 */
export async function findBrowser(name) {
  const { variable, driver, commands, paths, also = [] } = KNOWN[name];
  const given = process.env[variable];
  if (given) {
    if (!isExecutable(given)) throw new Error(`Cannot use ${variable}: ${given} is not an executable file`);
    return { driver, executable: given };
  }
  const { default: playwright } = await import('playwright-core');
  const own = playwright[name].executablePath();
  if (own && existsSync(own)) return { driver: 'playwright', executable: own };
  const executable = commands.map(which).find(Boolean) ?? paths.find(isExecutable);
  return executable && also.every(which) ? { driver, executable } : undefined;
}

/**
 * Starts an engine.
 *
 * @param {EngineName} name
 * @param {object} [options]
 * @param {boolean} [options.headless] Default true.
 * @param {string[]} [options.args] More command line arguments; Chromium and Firefox only.
 * @param {string[]} [options.ignoreDefaultArgs] Arguments of Playwright's to leave out; Chromium only.
 * @returns {Promise<Browser>}
 */
export async function launch(name, { headless = true, args = [], ignoreDefaultArgs } = {}) {
  const found = await findBrowser(name);
  if (!found) throw new Error(`Cannot launch ${name}: ${howToInstall([name])}`);
  const launcher = await import(`./launchers/${found.driver}.mjs`);
  const browser = await launcher.launch({
    name,
    executable: found.executable,
    headless,
    args,
    ignoreDefaultArgs,
  });
  return {
    ...browser,
    async newPage(url) {
      const page = await browser.newPage();
      if (url) await page.goto(url);
      return { ...page, ...conveniences(page) };
    },
  };
}

/** What every engine's page can do once it can evaluate an expression. */
function conveniences(page) {
  const evaluate = (code, ...args) =>
    page.evaluate(typeof code === 'function' ? `(${code})(...${JSON.stringify(args)})` : code);
  return {
    evaluate,
    async waitFor(code, ...args) {
      const deadline = Date.now() + 60_000;
      for (;;) {
        const value = await evaluate(code, ...args);
        if (value) return value;
        if (Date.now() > deadline) throw new Error(`Timed out waiting for ${code}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
  };
}

/**
 * Brings the engines that are missing: by Playwright's download, else from Debian's packages.
 *
 * @param {EngineName[]} names
 * @param {(line: string) => void} [log]
 * @throws {Error} In one line, if an engine is still missing.
 */
export async function ensureBrowsers(names, log = console.log) {
  let missing = await findMissing(names);
  if (missing.length === 0) return;
  const asRoot = rootPrefix();
  if (await canReach('https://cdn.playwright.dev/')) {
    log(`${missing.join(', ')}: downloading Playwright's builds`);
    const cli = join(
      dirname(createRequire(import.meta.url).resolve('playwright-core/package.json')),
      'cli.js',
    );
    // Its builds need system libraries that a bare Debian lacks; only root can add those.
    const libraries = asRoot && which('apt-get') ? ['--with-deps'] : [];
    await execute(process.execPath, [cli, 'install', '--no-shell', ...libraries, ...missing], {
      seconds: 300,
      log,
    });
    missing = await findMissing(missing);
  }
  if (missing.length > 0 && asRoot && which('apt-get')) {
    const packages = missing.flatMap((name) => KNOWN[name].debian);
    log(`${missing.join(', ')}: installing ${packages.join(' ')} with apt-get`);
    const apt = [...asRoot, 'apt-get', '-q', '-o', 'DPkg::Lock::Timeout=120'];
    // An index that cannot be refreshed may still do.
    await execute(...headAndTail([...apt, 'update']), { seconds: 120, log });
    const install = [...apt, 'install', '-y', '--no-install-recommends', ...packages];
    await execute(...headAndTail(install), { seconds: 600, log });
    missing = await findMissing(missing);
  }
  if (missing.length > 0) throw new Error(howToInstall(missing));
}

/** @param {EngineName[]} missing */
function howToInstall(missing) {
  const packages = missing.flatMap((name) => KNOWN[name].debian).join(' ');
  const rest = ENGINES.filter((name) => !missing.includes(name));
  return (
    `${missing.join(', ')} not found; run 'npx playwright-core install ${missing.join(' ')}' or ` +
    `'sudo apt-get install ${packages}', or run fewer engines: BROWSERS=${rest[0] ?? 'chromium'}`
  );
}

async function findMissing(names) {
  const found = await Promise.all(names.map(findBrowser));
  return names.filter((_, index) => !found[index]);
}

/** How to run a command as root: by nothing, by sudo without a password, or not at all (null). */
function rootPrefix() {
  if (process.getuid?.() === 0) return [];
  return which('sudo') ? ['sudo', '-n'] : null;
}

/** Whether a host answers soon. Behind a proxy only the downloader itself can tell. */
async function canReach(url) {
  if (process.env.HTTPS_PROXY ?? process.env.https_proxy ?? process.env.PLAYWRIGHT_DOWNLOAD_HOST) return true;
  try {
    await fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(5000) });
    return true;
  } catch {
    return false;
  }
}

const headAndTail = ([head, ...tail]) => [head, tail];

/** Runs a command whose failure is judged by what it leaves behind; its output is shown only if it fails. */
function execute(command, args, { seconds, log }) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: seconds * 1000,
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
    }
    child.on('error', (error) => {
      log(`  ${command}: ${error.message}`);
      resolve();
    });
    child.on('close', (code, signal) => {
      if (code !== 0) log(`  ${command} ${args.join(' ')} gave ${signal ?? code}:\n${output.slice(-2000)}`);
      resolve();
    });
  });
}

function which(command) {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, command))
    .find(isExecutable);
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
