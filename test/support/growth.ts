// Whether work grows faster than in proportion.

/** What `growth` gives is below this when the work is in proportion, far above when it goes by the square. */
export const PROPORTIONAL = 10;

/**
 * How many times as long one step takes among many as among few: about 1 if the work is in proportion to the number,
 * about `many / few` if it goes by its square. Both are measured in the same page and do as many steps in all, so that
 * a slow machine slows both.
 *
 * @param work Does so many steps.
 */
export function growth(work: (steps: number) => void, few = 1_000, many = 200_000): number {
  work(few); // so that both run compiled code
  const first = measure(work, few, many);
  // A machine that was busy with something else for the one long part looks the same, but not twice.
  return first < PROPORTIONAL ? first : Math.min(first, measure(work, few, many));
}

function measure(work: (steps: number) => void, few: number, many: number): number {
  const start = performance.now();
  for (let steps = 0; steps < many; steps += few) work(few);
  const middle = performance.now();
  work(many);
  return (performance.now() - middle) / (middle - start);
}
