// An event loop without any library: two collections and one rule.

const ready: (() => void)[] = [];
const timers: { when: number; callback: () => void }[] = [];
let now = 0;

function callSoon(callback: () => void): void {
  ready.push(callback);
}

function callLater(delay: number, callback: () => void): void {
  timers.push({ when: now + delay, callback });
  timers.sort((a, b) => a.when - b.when);
}

function runLoop(): void {
  while (ready.length > 0 || timers.length > 0) {
    // With nothing to call, a real loop sleeps here until the next timer. This one moves its clock.
    if (ready.length === 0) now = timers[0]?.when ?? now;
    while (timers[0] !== undefined && timers[0].when <= now) callSoon(timers.shift()!.callback);
    // Only what is ready now. What these calls add belongs to the next turn.
    for (let left = ready.length; left > 0; left -= 1) ready.shift()!();
  }
}

export function main(): void {
  callLater(2, () => console.log(`toast at ${now} s`));
  callSoon(() => {
    console.log(`good morning at ${now} s`);
    callLater(1, () => console.log(`tea at ${now} s`));
  });
  runLoop();
}
