// Work of a known length: steps that take a microsecond of an undisturbed processor.

/** Where the result goes, so that no compiler and no minifier finds that nobody wants it. */
const sink = new Int32Array(1);

export function spin(steps) {
  let value = sink[0];
  for (let step = 0; step < steps; step++) value = (Math.imul(value, 1664525) + 1013904223) | 0;
  sink[0] = value;
}

/** How many steps take a microsecond. The shortest of many tries is the one that nothing disturbed. */
export function calibrateSpin() {
  const time = (steps) => {
    const start = performance.now();
    spin(steps);
    return performance.now() - start;
  };
  // Long enough for the coarsest clock, whose steps are a millisecond.
  let steps = 100_000;
  while (time(steps) < 25) steps *= 2;
  let shortest = Infinity;
  for (let n = 0; n < 10; n++) shortest = Math.min(shortest, time(steps));
  return Math.max(1, Math.round(steps / (shortest * 1000)));
}

/** How long a slice of this loop is at present, in milliseconds. */
export const sliceOf = (loop) => loop.stats().host.sliceMs;

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
