// A stock Firefox, by Puppeteer over WebDriver BiDi.

import puppeteer from 'puppeteer-core';

export async function launch({ executable, headless, args }) {
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath: executable,
    headless,
    args,
    extraPrefsFirefox: {
      // Gives pages `TestUtils.gc()`.
      'dom.testing.testutils.enabled': true,
      // Else a server whose connections fail, which is what some tests are about, is not asked for up to a minute.
      'network.websocket.delay-failed-reconnects': false,
    },
    defaultViewport: { width: 1280, height: 720 },
    timeout: 60_000,
    protocolTimeout: 120_000,
  });
  return {
    async newPage() {
      // A tab behind another is a hidden page, whose frames and timers are throttled; a window is not.
      const page = await browser.newPage({ type: 'window' });
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
        setViewport: (size) => page.setViewport(size),
        click: (x, y) => page.mouse.click(x, y),
        close: () => page.close(),
      };
    },
    close: () => browser.close(),
  };
}
