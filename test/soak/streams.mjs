// The long form of test/transports/bulk.test.ts, on demand: 1 GiB through a pipe, 10,000 streams at once, and what
// memory they take. It runs what the test command has built, in Node, whose streams and messages are those of the web:
//
//   npm run build && npx tsc -p tsconfig.test.json && node --expose-gc test/soak/streams.mjs [MiB] [streams]

import * as asyncio from 'asyncio-web';
import { manyStreams, throughPipe } from '../../build/test/support/bulk.js';

const mebibytes = Number(process.argv[2] ?? 1024);
const streams = Number(process.argv[3] ?? 10_000);

const MIB = 1 << 20;

/** MiB in use by objects and by the memory behind Uint8Arrays, after a collection. */
function used() {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return (heapUsed + arrayBuffers) / MIB;
}

const show = (label, value) => console.log(`${label.padEnd(62)} ${value}`);
const seconds = (start) => ((performance.now() - start) / 1000).toFixed(1);

const before = used();
const samples = [];
let start = performance.now();
const every = Math.max(1, Math.floor(mebibytes / 16));
let passed = 0;
const flow = await asyncio.run(
  throughPipe(mebibytes * MIB, () => {
    passed += 1;
    if (passed % every === 0) samples.push(used());
  }),
);
show(`${mebibytes} MiB through a pipe`, `${seconds(start)} s, collections included`);
show('most bytes written and not read', `${(flow.most / 1024).toFixed(0)} KiB`);
show('memory before, MiB', before.toFixed(1));
show('memory on the way, MiB', samples.map((sample) => sample.toFixed(1)).join(' '));
// The beginning may hold more, of what the engine compiled.
const half = samples.length >> 1;
const grown = Math.max(...samples.slice(half)) - Math.min(...samples.slice(0, half));
show('the most in the second half over the least in the first, MiB', grown.toFixed(1));

start = performance.now();
const answered = await asyncio.run(manyStreams(streams));
show(`${streams} streams at once, a line each`, `${seconds(start)} s, ${answered} answered`);
show('memory afterwards, MiB', used().toFixed(1));

const isFlat = flow.bytes === mebibytes * MIB && flow.most <= MIB && grown <= 16 && answered === streams;
console.log(isFlat ? 'flat, and nothing lost' : 'NOT FLAT, OR SOMETHING LOST');
process.exit(isFlat ? 0 : 1);
