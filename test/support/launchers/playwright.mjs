// Chromium of any make, and Playwright's own builds of Firefox and WebKit.

import playwright from 'playwright-core';

const QUIET = [
  // Without these a fresh profile calls Google's hosts, and waits for them where there is no way out.
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--disable-quic',
];

export async function launch({ name, executable, headless, args, ignoreDefaultArgs }) {
  const isChromium = name === 'chromium';
  const browser = await playwright[name].launch({
    executablePath: executable,
    headless,
    args: isChromium ? [...QUIET, '--js-flags=--expose-gc', ...args] : args,
    ...(name === 'firefox' && {
      firefoxUserPrefs: {
        'dom.testing.testutils.enabled': true,
        'network.websocket.delay-failed-reconnects': false,
      },
    }),
    ...(ignoreDefaultArgs && { ignoreDefaultArgs }),
    timeout: 60_000,
  });
  return {
    async newPage() {
      const context = await browser.newContext();
      const page = await context.newPage();
      const consoleMessages = [];
      page.on('console', (message) => consoleMessages.push({ type: message.type(), text: message.text() }));
      page.on('pageerror', (error) =>
        consoleMessages.push({ type: 'pageerror', text: error.stack ?? String(error) }),
      );
      return {
        consoleMessages,
        goto: async (url) => void (await page.goto(url)),
        url: () => page.url(),
        evaluate: (expression) => page.evaluate(expression),
        screenshot: async (path) => void (await page.screenshot({ path })),
        setViewport: (size) => page.setViewportSize(size),
        click: (x, y) => page.mouse.click(x, y),
        close: () => context.close(),
      };
    },
    close: () => browser.close(),
  };
}
