// Effect's fastest mode. "Sync mode does not yield to the event loop" (effect/Scheduler.ts): it goes on in microtasks,
// and the page stands still meanwhile. It is measured for its speed, beside the default that lives with the page.

import * as Effect from 'effect/Effect';
import { MixedScheduler, Scheduler } from 'effect/Scheduler';

export const inMicrotasks = Effect.provideService(Scheduler, new MixedScheduler('sync'));
