import { setTimeout as wait } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { redisUrl } from '../support/redis.ts';
import { callTool, keepCalling } from './calls.ts';
import { openSessions, startProcesses } from './fleet-of-processes.ts';
import { ROUNDS } from './machine.ts';

it.for(Array.from({ length: ROUNDS }, (_item, round) => round))(
  'all processes are replaced under load, one after the other: no call fails, no session is lost, round %i',
  { timeout: 240_000 },
  async () => {
    const fleet = await startProcesses(await redisUrl());
    const clients = await openSessions(fleet, 100);
    const load = keepCalling(clients, 16);
    for (const [turn, leaving] of [...fleet.processes].entries()) {
      await fleet.start(`new ${turn}`);
      fleet.takeOut(leaving);
      await wait(200);
      leaving.child.kill('SIGTERM');
      await leaving.ended;
      await wait(300);
    }
    const calls = await load.stop();
    const after = await Promise.all(clients.map((client) => callTool(client, 'where')));
    const longest = Math.max(...calls.map(({ begun, ended }) => ended - begun));
    console.log(`${calls.length} calls; the longest took ${Math.round(longest)} ms`);
    expect(calls.filter(({ failure }) => failure !== undefined)).toEqual([]);
    expect(after.filter(({ said }) => said?.startsWith('new') !== true)).toEqual([]);
  },
);
