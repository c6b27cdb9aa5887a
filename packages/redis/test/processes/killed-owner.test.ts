import { setTimeout as wait } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { redisUrl } from '../support/redis.ts';
import { callTool, keepCalling } from './calls.ts';
import { openSessions, startProcesses } from './fleet-of-processes.ts';
import { LEASE_MS, ROUNDS, SLACK_MS } from './machine.ts';

const SESSIONS = 300;
/** A call that was sent before the kill may be taken up by the balancer after it. */
const ON_ITS_WAY_MS = 100 + SLACK_MS;

it.for(Array.from({ length: ROUNDS }, (_item, round) => round))(
  'kill -9 of a process under load: no session is lost, only calls in flight on it fail, round %i',
  { timeout: 120_000 },
  async () => {
    const fleet = await startProcesses(await redisUrl());
    const clients = await openSessions(fleet, SESSIONS);
    const load = keepCalling(clients, 24);
    await wait(1_000);
    const [victim] = fleet.processes;
    const killed = performance.now();
    victim?.child.kill('SIGKILL');
    await wait(LEASE_MS * 2);
    const calls = await load.stop();
    const failed = calls.filter(({ failure }) => failure !== undefined);
    const late = failed.filter(({ begun }) => begun > killed + ON_ITS_WAY_MS);
    const slowest = Math.max(...failed.map(({ ended }) => ended - killed), 0);
    const longest = Math.max(...calls.map(({ begun, ended }) => ended - begun));
    const after = await Promise.all(clients.map((client) => callTool(client, 'where')));
    const lost = after.filter(({ said }) => said === undefined);
    console.log(
      `${calls.length} calls, ${failed.length} failed, the last ${Math.round(slowest)} ms after the kill; longest call ${Math.round(longest)} ms; ${lost.length} of ${SESSIONS} sessions lost`,
    );
    expect(late).toEqual([]);
    expect(slowest).toBeLessThan(2_000 + SLACK_MS);
    expect(lost).toEqual([]);
    expect(after.filter(({ said }) => said === victim?.name)).toEqual([]);
  },
);
