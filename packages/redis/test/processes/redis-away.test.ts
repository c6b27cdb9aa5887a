import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, it, onTestFinished, vi } from 'vitest';
import { startRedisServer } from '../support/redis-server.ts';
import { callTool } from './calls.ts';
import { openSessions, startProcesses } from './fleet-of-processes.ts';
import { LEASE_MS, PATIENCE_MS, QUIET, ROUNDS, SLACK_MS } from './machine.ts';

/** For how long Redis is away, ms. */
const AWAY_MS = QUIET ? 20_000 : LEASE_MS + 4_000;
const GROWTH_BYTES = 64 * 2 ** 20;

it.for(Array.from({ length: ROUNDS }, (_item, round) => round))(
  'Redis away and back: 503 within a second, no 404, no session is lost, round %i',
  { timeout: 240_000 },
  async () => {
    const directory = mkdtempSync(join(tmpdir(), 'mcp-tenancy-aof-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const redis = await startRedisServer('--dir', directory, '--appendonly', 'yes', '--appendfsync', 'always');
    onTestFinished(() => redis.stop());
    const fleet = await startProcesses(redis.url);
    const clients = await openSessions(fleet, 60);
    const memoryOf = () => Promise.all(fleet.processes.map(({ ask }) => ask('memory')));
    const before = await memoryOf();
    await redis.stop();
    const stoppedAt = performance.now();
    await wait(LEASE_MS + 500);
    const statuses = new Map<number, number>();
    let slowest = 0;
    let turn = 0;
    while (performance.now() - stoppedAt < AWAY_MS) {
      const some = clients.slice(turn % 50, (turn % 50) + 10);
      turn += 10;
      await wait(20);
      const answers = await Promise.all(
        some.map(async (client) => {
          const begun = performance.now();
          const answer = await client.send({ body: client.request('tools/call', { name: 'where' }) });
          slowest = Math.max(slowest, performance.now() - begun);
          return answer;
        }),
      );
      for (const { status, headers } of answers) {
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        if (status === 503) expect(Number(headers['retry-after'])).toBeGreaterThan(0);
      }
    }
    await redis.start();
    const startedAt = performance.now();
    await vi.waitFor(async () => expect(await callTool(clients[0] as never, 'where')).toHaveProperty('said'), {
      timeout: 20_000 + PATIENCE_MS,
      interval: 50,
    });
    const back = performance.now() - startedAt;
    await wait(1_000);
    const after = await Promise.all(clients.map((client) => callTool(client, 'where')));
    const memory = await memoryOf();
    const logs = await Promise.all(fleet.processes.map(({ ask }) => ask('log')));
    console.log(
      `${JSON.stringify(Object.fromEntries(statuses))}, the slowest after ${Math.round(slowest)} ms; served again ${Math.round(back)} ms after the start`,
    );
    expect([...statuses.keys()]).toEqual([503]);
    expect(slowest).toBeLessThan(1_000 + SLACK_MS);
    expect(after.filter(({ said }) => said === undefined)).toEqual([]);
    for (const [index, { memory: bytes }] of memory.entries()) {
      expect(Number(bytes) - Number(before[index]?.memory)).toBeLessThan(GROWTH_BYTES);
    }
    const changes = ['The session store fails', 'The session store works again'];
    // In a short time not every process need have asked for a session.
    for (const { log } of logs) expect(QUIET ? [changes] : [changes, []]).toContainEqual(log);
  },
);
