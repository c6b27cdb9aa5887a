import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

const STAT = '/proc/stat';
/** The unit of its figures, ms. */
const TICK_MS = 10;
/** Where the first line of it says what a virtual machine wanted and did not get. */
const STEAL = 8;

/** Whether the system says how much time the host of this machine gives to others. */
export const knowsStolenTime = existsSync(STAT);

/** Measures how much of the machine's time its host gives to others: a share from 0 to 1, by the function that is returned. 0 where nobody knows. */
export function watchStolenTime(): () => number {
  const [before, start] = [stolenMs(), performance.now()];
  return () => (stolenMs() - before) / (performance.now() - start) / availableParallelism();
}

/** Of all cores, since the machine was started. */
function stolenMs(): number {
  if (!knowsStolenTime) return 0;
  const [all = ''] = readFileSync(STAT, 'utf8').split('\n');
  return TICK_MS * Number(all.split(/\s+/)[STEAL]);
}
