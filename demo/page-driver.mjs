// Drives the fetcher's page as its user does: fills in fields, presses buttons, and looks at what is shown.

/** Seconds until the page counts as stuck. What it waits for takes a fraction of that. */
const PATIENCE = 120;

/** The browser's own notes about requests that fail on purpose. A page cannot keep them from being made. */
const EXPECTED_IN_CONSOLE =
  /^(Failed to load resource|Access to fetch at \S+ from origin|Error: Cross-Origin Request Blocked)/;

/** @param {import('../test/support/browsers.mjs').Page} page A page that shows the fetcher. */
export function drive(page) {
  const look = () =>
    page.evaluate(() => {
      const text = (id) => document.getElementById(id).textContent;
      const number = (value) => Number(value) || 0;
      const { dataset: feed } = document.getElementById('feed');
      return {
        state: document.body.dataset.state,
        summary: text('summary'),
        problem: text('problem'),
        opened: Number(text('opened')),
        cleanedUp: Number(text('cleaned-up')),
        openAtServer: text('open-at-server'),
        ticks: number(feed.ticks),
        connections: number(feed.connections),
        rows: [...document.querySelectorAll('#rows tr')].map((row) => {
          const cell = (name) => row.querySelector(`.${name}`).textContent;
          return {
            url: cell('url'),
            phase: row.dataset.phase,
            outcome: row.dataset.outcome,
            detail: cell('detail'),
            status: number(cell('status')),
            attempts: number(cell('attempts')),
            bytes: number(row.dataset.bytes),
            time: cell('seconds'),
            cleanedUp: Number.parseInt(cell('cleaned'), 10) || 0,
          };
        }),
      };
    });

  return {
    look,
    click: (id) => page.evaluate((id) => document.getElementById(id).click(), id),
    fill: (values) =>
      page.evaluate((values) => {
        for (const [id, value] of Object.entries(values)) {
          const field = document.getElementById(id);
          field.value = value;
          field.dispatchEvent(new Event('input', { bubbles: true }));
        }
      }, values),
    /** Looks until it is as it should be, and gives what there was to see then. */
    async until(what, condition) {
      const deadline = Date.now() + PATIENCE * 1000;
      for (;;) {
        const view = await look();
        if (condition(view)) return view;
        if (Date.now() > deadline) {
          throw new Error(
            `Gave up waiting for ${what}: the page is '${view.state}' and says: ${view.summary}`,
          );
        }
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    /** Errors that nobody handled, and errors in the console where the browser tells of them. */
    async errors() {
      const unhandled = Number(await page.evaluate(() => document.body.dataset.errors ?? 0));
      const messages = (page.consoleMessages ?? [])
        .filter(({ type }) => type === 'error' || type === 'pageerror')
        .filter(({ text }) => !EXPECTED_IN_CONSOLE.test(text))
        .map(({ text }) => `console: ${text}`);
      return unhandled > 0 ? [`${unhandled} errors that the page did not handle`, ...messages] : messages;
    },
  };
}
