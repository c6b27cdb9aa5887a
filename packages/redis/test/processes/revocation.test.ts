import { WireClient } from '@mcp-tenancy/testing';
import { expect, it } from 'vitest';
import { redisUrl } from '../support/redis.ts';
import { startProcesses } from './fleet-of-processes.ts';
import { ROUNDS } from './machine.ts';

const STREAMS = 30;

it('a token that is removed loses its streams on every process, wherever they came in', {
  timeout: 120_000,
}, async () => {
  const { provider, balancer } = await startProcesses(await redisUrl());
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const token = `token of round ${round}`.replaceAll(' ', '-');
    await provider.addToken(token, { tenantId: 'acme' });
    const streams = await Promise.all(
      Array.from({ length: STREAMS }, async () => {
        const client = new WireClient(balancer.url, token);
        expect((await client.open()).status).toBe(200);
        const stream = await client.listen();
        expect(stream.status).toBe(200);
        return stream;
      }),
    );
    const removed = performance.now();
    const ends = streams.map(async ({ events }) => {
      await events.rest();
      return performance.now() - removed;
    });
    await provider.removeToken(token);
    times.push(...(await Promise.all(ends)));
  }
  times.sort((a, b) => a - b);
  const at = (part: number) => `${Math.round(times[Math.ceil(times.length * part) - 1] ?? 0)} ms`;
  console.log(`${times.length} streams ended: p50 ${at(0.5)}, p99 ${at(0.99)}, the last ${at(1)}`);
});
