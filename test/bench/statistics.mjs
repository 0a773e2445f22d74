// Figures: a median, how far the samples lie apart, and the samples.

/** @param {number[]} values */
export function median(values) {
  return quantile(values, 0.5);
}

/** The value below which a part of the values lies; between two of them, in proportion. */
export function quantile(values, part) {
  if (values.length === 0) return NaN;
  const sorted = Float64Array.from(values).sort();
  const at = part * (sorted.length - 1);
  const low = Math.floor(at);
  return sorted[low] + (at - low) * ((sorted[low + 1] ?? sorted[low]) - sorted[low]);
}

/** @param {number[]} samples */
export function figure(samples) {
  return { value: median(samples), min: Math.min(...samples), max: Math.max(...samples), samples };
}

/** For what a disturbance can only raise: the lowest sample says most. */
export function lowestOf(samples) {
  return { ...figure(samples), value: Math.min(...samples) };
}
