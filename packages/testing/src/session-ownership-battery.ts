import { describe } from 'vitest';
import { describeClaims } from './fleet-contract/claims.ts';
import type { CreateFleet } from './fleet-contract/fleet-under-test.ts';
import { describeLapses } from './fleet-contract/lapses.ts';
import { describeWatches } from './fleet-contract/watches.ts';

/** The contract of session ownerships: what core relies on, wherever it is noted who serves a session. It waits in real time. */
export function describeSessionOwnership(name: string, createFleet: CreateFleet): void {
  describe(name, () => {
    describeClaims(createFleet);
    describeLapses(createFleet);
    describeWatches(createFleet);
  });
}
