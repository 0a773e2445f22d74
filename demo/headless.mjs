// The page in a browser without a head: fills in its form, presses its buttons, and checks what it shows.
//
// First batch: the default list, where every URL must end as its endpoint promises. Second batch: a list that could
// not end within minutes, cancelled when some of it is done, some in the middle of everything, and some not begun.

import { ENGINES, ensureBrowsers, findBrowser, launch } from '../test/support/browsers.mjs';
import { drive } from './page-driver.mjs';

/** What the second batch has, of each kind, in this order. */
const SECOND_BATCH = [
  ...numbered(8, (n) => `/api/slow?ms=0&n=${n}`),
  ...numbered(2, (n) => `/api/bytes?count=1000000&seconds=100&n=${n}`),
  ...numbered(2, (n) => `/api/flaky?times=1&retry=60&key=${n}`),
  ...numbered(10, (n) => `/api/hang?n=${n}`),
  ...numbered(8, (n) => `/api/slow?ms=100000&n=${n}`),
];

/** How many of them are over, or have been begun, when it is cancelled. */
const OVER = 8;
const BEGUN = 6;

/**
 * @param {{fetcher: string, demo: object}} server
 * @param {{browser?: string, concurrency?: string, timeout?: string, attempts?: string}} options
 * @returns {Promise<boolean>} Whether everything went well.
 */
export async function runHeadless({ fetcher, demo }, options) {
  const engine = options.browser ?? (await firstAvailable());
  if (!ENGINES.includes(engine))
    throw new Error(`Cannot use '${engine}': it is not one of ${ENGINES.join(', ')}`);
  await ensureBrowsers([engine]);
  const settings = {
    concurrency: options.concurrency ?? '6',
    // Much longer than anything takes that answers at all, also where the machine is slow.
    timeout: options.timeout ?? '5',
    attempts: options.attempts ?? '3',
  };
  const { concurrency, timeout, attempts } = settings;
  console.log(
    `The concurrent fetcher at ${fetcher} in ${engine}: ${concurrency} at the same time, ${timeout} s, ${attempts} attempts`,
  );
  const browser = await launch(engine);
  try {
    const started = Date.now();
    const page = drive(await browser.newPage(fetcher));
    const problems = [];
    const first = await runFirstBatch(page, demo, settings, problems);
    const second = await runSecondBatch(page, demo, problems);
    problems.push(...(await page.errors()));
    for (const problem of problems) console.log(`✗ ${problem}`);
    const seconds = ((Date.now() - started) / 1000).toFixed(1);
    const verdict = problems.length === 0 ? 'ok' : `FAILED (${problems.length})`;
    console.log(`${verdict}: ${first}; ${second}; ${seconds} s`);
    return problems.length === 0;
  } finally {
    await browser.close();
  }
}

async function runFirstBatch(page, demo, settings, problems) {
  const expected = demo.catalogue.flatMap(({ urls }) => urls);
  await page.until('the page to be ready', ({ state }) => state === 'idle');
  await page.fill(settings);
  await page.click('run');
  await page.until('the first batch to end', ({ state, problem }) => {
    if (problem !== '') throw new Error(`The page says: ${problem}`);
    return state !== 'running';
  });
  const view = await settled(page, demo);
  console.log(`\nFirst batch\n${formatTable(view.rows)}\n${view.summary}`);

  if (view.state !== 'done') problems.push(`the first batch ended as '${view.state}': ${view.summary}`);
  if (view.rows.length !== expected.length) {
    problems.push(`${view.rows.length} rows for ${expected.length} URLs`);
  }
  let kept = 0;
  for (const [index, [url, promised]] of expected.entries()) {
    const differences = compare(view.rows[index], url, promised, Number(settings.attempts));
    if (differences.length === 0) kept++;
    else problems.push(`row ${index + 1}, ${url}: ${differences.join(', ')}`);
  }
  checkCleanups('first batch', view, problems);
  const retries = view.rows.reduce((sum, row) => sum + Math.max(0, row.attempts - 1), 0);
  return `${kept} of ${expected.length} URLs as promised with ${retries} retries, cleanups ${view.cleanedUp} of ${view.opened}`;
}

async function runSecondBatch(page, demo, problems) {
  await page.fill({
    urls: SECOND_BATCH.join('\n'),
    concurrency: String(BEGUN),
    timeout: '100',
    attempts: '3',
  });
  await page.click('run');
  // Two in the middle of a body, two waiting to try again, two without an answer; and the feed has ticked.
  await page.until('the second batch to be in the middle', ({ rows, ticks }) => {
    const counts = count(rows, ({ phase, bytes }) => (phase === 'fetching' && bytes > 0 ? 'reading' : phase));
    return (
      counts.done === OVER &&
      counts.reading === 2 &&
      counts.waiting === 2 &&
      counts.fetching === 2 &&
      ticks > 0
    );
  });
  await page.click('cancel');
  await page.until('the cancelled batch to end', ({ state }) => !['running', 'cancelling'].includes(state));
  const view = await settled(page, demo);
  console.log(`\nSecond batch\n${formatTable(view.rows)}\n${view.summary}\n`);

  if (view.state !== 'cancelled') problems.push(`the second batch ended as '${view.state}': ${view.summary}`);
  for (const [index, row] of view.rows.entries()) {
    const promised =
      index < OVER
        ? { outcome: 'ok', attempts: 1 }
        : { outcome: 'cancelled', attempts: index < OVER + BEGUN ? 1 : 0 };
    const differences = compare(row, SECOND_BATCH[index], promised);
    if (differences.length > 0) problems.push(`second batch, row ${index + 1}: ${differences.join(', ')}`);
  }
  checkCleanups('second batch', view, problems);
  const counts = count(view.rows, ({ outcome, attempts }) => (attempts === 0 ? 'untouched' : outcome));
  return `then ${counts.ok} done, ${counts.cancelled} cancelled, ${counts.untouched} not begun, cleanups ${view.cleanedUp} of ${view.opened}`;
}

/** What the page shows when also the server has seen that all is over. */
async function settled(page, demo) {
  const isOver = ({ openAtServer }) => openAtServer !== '–' && demo.open() === 0 && demo.listeners() === 0;
  return page.until('every connection to be closed', isOver);
}

function checkCleanups(batch, view, problems) {
  if (view.openAtServer !== '0')
    problems.push(`${batch}: the page says ${view.openAtServer} are open at the server`);
  if (view.opened !== view.cleanedUp)
    problems.push(`${batch}: opened ${view.opened}, cleaned up ${view.cleanedUp}`);
  const attempts = view.rows.reduce((sum, row) => sum + row.attempts, 0);
  if (view.opened !== attempts + view.connections) {
    problems.push(
      `${batch}: opened ${view.opened} for ${attempts} attempts and ${view.connections} connections`,
    );
  }
  for (const [index, row] of view.rows.entries()) {
    if (row.cleanedUp !== row.attempts) {
      problems.push(`${batch}, row ${index + 1}: ${row.cleanedUp} of ${row.attempts} attempts cleaned up`);
    }
  }
}

/** What is different from the promise. */
function compare(row, url, promised, attempts) {
  if (row === undefined) return ['has no row'];
  const expected = { url, ...promised, ...(promised.attempts === 'all' && { attempts }) };
  return Object.entries(expected)
    .filter(([key, value]) => row[key] !== value)
    .map(([key, value]) => `${key} is ${row[key]}, not ${value}`);
}

async function firstAvailable() {
  for (const name of ENGINES) if (await findBrowser(name)) return name;
  return ENGINES[0]; // to be brought
}

function formatTable(rows) {
  const columns = [
    ['row', (_, index) => String(index + 1), 'right'],
    ['outcome', ({ outcome }) => outcome],
    ['status', ({ status }) => String(status || '–'), 'right'],
    ['attempts', ({ attempts }) => String(attempts || '–'), 'right'],
    ['bytes', ({ status, bytes }) => (status ? String(bytes) : '–'), 'right'],
    ['time', ({ time }) => time, 'right'],
    ['cleaned up', ({ cleanedUp, attempts }) => (attempts ? `${cleanedUp} of ${attempts}` : '–'), 'right'],
    ['URL', ({ url, detail }) => (detail ? `${url} (${detail})` : url)],
  ];
  const table = [
    columns.map(([title]) => title),
    ...rows.map((row, index) => columns.map(([, cell]) => cell(row, index))),
  ];
  const widths = columns.map((_, column) => Math.max(...table.map((cells) => cells[column].length)));
  return table
    .map((cells) =>
      cells
        .map((cell, column) =>
          columns[column][2] ? cell.padStart(widths[column]) : cell.padEnd(widths[column]),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function numbered(length, make) {
  return Array.from({ length }, (_, index) => make(index + 1));
}

function count(items, keyOf) {
  const counts = {};
  for (const item of items) counts[keyOf(item)] = (counts[keyOf(item)] ?? 0) + 1;
  return counts;
}
