// Whether work grows faster than in proportion.

/**
 * How many times as long one step takes among many as among few: about 1 if the work is in proportion to the number,
 * about `many / few` if it goes by its square. Both are measured in the same page and do as many steps in all, so that
 * a slow machine slows both.
 *
 * @param work Does so many steps.
 */
export function growth(work: (steps: number) => void, few = 1_000, many = 200_000): number {
  work(few); // so that both run compiled code
  const small = seconds(() => {
    for (let steps = 0; steps < many; steps += few) work(few);
  });
  const large = seconds(() => work(many));
  return large / small;
}

function seconds(body: () => void): number {
  const start = performance.now();
  body();
  return (performance.now() - start) / 1000;
}
