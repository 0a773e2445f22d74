// Cases that compare contestants on the same work: ours, native async/await, and the rivals.

import { figure, median } from '../statistics.mjs';

/** What a figure of a rival is the best of. */
const FAMILIES = {
  effection: (name) => name.startsWith('effection'),
  effect: (name) => /^effect( (fork|all))?$/.test(name),
  'effect sync': (name) => name.startsWith('effect') && name.endsWith('sync'),
};

/** Quotients round by round: what slowed one of them in a round slowed the other. */
const quotients = (above, below) => above.map((ms, round) => ms / below[round]);

/** Figures of a case beyond those that all have. */
const EXTRA = {
  callsoon: ({ asyncio }, ns) => ({ ns: figure(asyncio.map(ns)) }),
  depth: (samples, ns) => ({
    'ns per level': figure(
      samples['depth 100'].map((ms, round) => (ns(ms) - ns(samples['depth 1'][round])) / 99),
    ),
  }),
  observability: ({ off, instrument, debug }) => ({
    'instrument ÷ off': figure(quotients(instrument, off)),
    'debug ÷ off': figure(quotients(debug, off)),
  }),
};

export async function drive({ name, openPage, call, options }) {
  const page = await openPage(name);
  try {
    const work = await page.evaluate('bench.work');
    const settings = options.short ? { runs: 3, minMs: 50, only: SHORT } : { runs: options.runs, minMs: 100 };
    const samples = await call(page, 'measure', settings);
    const ns = (ms) => (ms * 1e6) / work.count;
    const figures = EXTRA[name]?.(samples, ns) ?? {};
    const { asyncio, native } = samples;
    if (asyncio && native) figures['ours ÷ native'] = figure(quotients(asyncio, native));
    for (const [family, belongs] of Object.entries(FAMILIES)) {
      const members = Object.keys(samples).filter(belongs);
      if (!asyncio || members.length === 0) continue;
      const best = members.sort((a, b) => median(samples[a]) - median(samples[b]))[0];
      figures[`${family} ÷ ours`] = figure(quotients(samples[best], asyncio));
    }
    const rows = Object.entries(samples).map(([contestant, ms]) => ({
      name: contestant,
      unit: `ns per ${work.of}`,
      ...figure(ms.map(ns)),
    }));
    return { figures, rows };
  } finally {
    await page.close();
  }
}

/** Who takes part in the short form. */
const SHORT = ['asyncio', 'native'];
