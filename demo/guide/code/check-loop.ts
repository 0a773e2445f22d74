import { checkConformance, loopConformance } from 'asyncio-web/lowlevel';
import { MinimalLoop } from '../../minimal-loop/minimal-loop.ts';

/** A loop with one mistake: stop() takes effect in the middle of a batch. */
class HurriedLoop extends MinimalLoop {
  override stop(): void {
    super.stop();
    this.ready = [];
  }
}

export async function main(): Promise<void> {
  const tiers = [0, 1, 2, 3, 4];
  const good = await checkConformance(loopConformance(() => new MinimalLoop(), { tiers }));
  console.log(`MinimalLoop: ${good.failures.length} failures`);

  const tests = loopConformance(() => new HurriedLoop(), { tiers: [4], limitMs: 2000 });
  const bad = await checkConformance(tests.filter(({ line }) => line === '12'));
  console.log(`HurriedLoop: ${bad.failures[0]?.error.message}`);
}
