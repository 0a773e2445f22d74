import * as asyncio from 'asyncio-web';
import { expect } from 'chai';
import { runsGuests, simulate } from '../support/loops.ts';
import { expectEqualTraces, readTraces } from './compare.ts';
import type { Log, Program, Programs } from './log.ts';
import { createLog } from './log.ts';
import { callbacks } from './programs/callbacks.ts';
import { cancel } from './programs/cancel.ts';
import { combinators } from './programs/combinators.ts';
import { eager } from './programs/eager.ts';
import { groups } from './programs/groups.ts';
import { handlers } from './programs/handlers.ts';
import { locks } from './programs/locks.ts';
import { loops } from './programs/loops.ts';
import { passes } from './programs/passes.ts';
import { queues } from './programs/queues.ts';
import { tasks } from './programs/tasks.ts';
import { timeouts } from './programs/timeouts.ts';

const TOPICS: Readonly<Record<string, Programs>> = {
  callbacks,
  cancel,
  combinators,
  eager,
  groups,
  handlers,
  locks,
  loops,
  passes,
  queues,
  tasks,
  timeouts,
};

function runCoroutine(main: asyncio.Coroutine<unknown>, log: Log): Promise<unknown> {
  return runsGuests
    ? simulate(main, { prepare: log.watch })
    : asyncio.run(main, { loopFactory: log.newLoop });
}

/** Runs one program and gives its steps. A coroutine is run by `run`; an async function runs its loops itself. */
async function runProgram(program: Program): Promise<readonly string[]> {
  const log = createLog();
  try {
    const started = program(log);
    log('returned', await (asyncio.iscoroutine(started) ? runCoroutine(started, log) : started));
  } catch (error) {
    log('raised', error);
  }
  return log.steps;
}

/**
 * A guest and its shutdown are one run, where asyncio.run() makes three: so what comes after the end of main comes some
 * passes earlier. For most programs that is the last step; here is how many it is for others.
 */
const STEPS_OF_SHUTDOWN: Readonly<Record<string, number>> = { errors_of_left_over_tasks_are_reported: 4 };

/** A trace without what is another one in a guest run: order and time of the shutdown's steps stay, their passes go. */
function comparable(name: string, steps: readonly string[]): readonly string[] {
  if (!runsGuests) return steps;
  const end = steps.length - (STEPS_OF_SHUTDOWN[name] ?? 1);
  return steps.map((step, index) => (index < end ? step : step.replace(/^\d+/, 'shutdown')));
}

for (const [topic, programs] of Object.entries(TOPICS)) {
  describe(`${topic}, step by step as on CPython`, () => {
    let traces: Map<string, string[]>;
    before(async () => {
      traces = await readTraces(topic);
    });

    it('every program has a trace, and every trace a program', () => {
      expect(Object.keys(programs)).to.deep.equal([...traces.keys()]);
    });

    for (const [name, program] of Object.entries(programs)) {
      it(name, async () => {
        const where = `test/differential/programs/${topic}.py and ${topic}.ts`;
        const [steps, recorded] = [await runProgram(program), traces.get(name) ?? []];
        expectEqualTraces(`${name} of ${where}`, comparable(name, steps), comparable(name, recorded));
      });
    }
  });
}
