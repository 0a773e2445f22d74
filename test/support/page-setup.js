// Runs in every test page before anything else. It sees uncaught errors first: a test that expects some takes them
// (test/support/uncaught.ts); an unhandled rejection that nobody expects fails the test file. Mocha looks after
// uncaught errors, but not after these.

{
  const take = (event, error) => {
    if (!globalThis.__uncaught) return false;
    globalThis.__uncaught.push(error);
    event.preventDefault();
    event.stopImmediatePropagation();
    return true;
  };
  addEventListener('error', (event) => take(event, event.error));
  addEventListener('unhandledrejection', (event) => {
    if (take(event, event.reason)) return;
    console.error('Unhandled rejection outside a test:', event.reason);
    event.stopImmediatePropagation();
  });
}

// The runner sends results through structuredClone. What an assertion compared may not be cloneable (a loop, a
// generator): then the whole file would hang without a word. It is sent as text instead.
{
  const clone = globalThis.structuredClone;
  const asText = (value, seen = new Set()) => {
    if (typeof value === 'function' || typeof value === 'symbol') return String(value);
    if (typeof value !== 'object' || value === null) return value;
    if (seen.has(value)) return '[again]';
    seen.add(value);
    const prototype = Object.getPrototypeOf(value);
    if (Array.isArray(value)) return value.map((item) => asText(item, seen));
    if (prototype !== Object.prototype && prototype !== null) return Object.prototype.toString.call(value);
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, asText(item, seen)]));
  };
  globalThis.structuredClone = (value, options) => {
    try {
      return clone(value, options);
    } catch (error) {
      if (typeof value?.type === 'string' && value.type.startsWith('wtr-'))
        return clone(asText(value), options);
      throw error;
    }
  };
}
