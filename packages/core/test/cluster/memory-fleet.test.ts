import type { SessionOwnership, TenantBus } from '@mcp-tenancy/core';
import { describeSessionOwnership, describeTenantBus, MemoryFleet } from '@mcp-tenancy/testing';
import { expect, it } from 'vitest';

const createFleet = (count: number) => {
  const fleet = new MemoryFleet();
  return Array.from({ length: count }, () => fleet.join());
};

describeSessionOwnership('an ownership in memory', createFleet);
describeTenantBus('a bus in memory', createFleet);

it('is what core takes, and knows where certainly nobody has heard', async () => {
  const fleet = new MemoryFleet();
  const { ownership, bus }: { ownership: SessionOwnership; bus: TenantBus } = fleet.join();
  expect(await bus.send(ownership.processId, 'nobody listens')).toBe(false);
  expect(await bus.send('nobody.0', 'nobody is there')).toBe(false);
});
