import { describe } from 'vitest';
import { describeForgetting } from './event-log-contract/forgetting.ts';
import type { CreateLog } from './event-log-contract/log-under-test.ts';
import { describeReplay } from './event-log-contract/replay.ts';

/** The contract of event logs: what core relies on, wherever events are kept. Bounds of its own a log tests itself. */
export function describeEventLog(name: string, createLog: CreateLog): void {
  describe(name, () => {
    describeReplay(createLog);
    describeForgetting(createLog);
  });
}
