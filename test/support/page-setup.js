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
