import { setTimeout as wait } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import { redisUrl } from '../support/redis.ts';
import { callTool } from './calls.ts';
import { openSessions, startProcesses } from './fleet-of-processes.ts';
import { followStream } from './follow-stream.ts';
import { LEASE_MS, ROUNDS } from './machine.ts';

it.for(Array.from({ length: ROUNDS }, (_item, round) => round))(
  'a process that is paused past its lease: no frame is written twice, no session has two owners, round %i',
  { timeout: 120_000 },
  async () => {
    const fleet = await startProcesses(await redisUrl());
    const clients = await openSessions(fleet, 30);
    const followed = clients.map((client) => ({ client, stream: followStream(client), sent: [] as string[] }));
    let stopped = false;
    const announce = async ({ client, stream, sent }: (typeof followed)[number]) => {
      for (let turn = 0; !stopped; turn += 1) {
        const text = `${client.sessionId} ${turn}`;
        const primed = stream.heard.length > 0;
        const { said } = await callTool(client, 'announce', { text }, 0);
        // A client that has heard nothing yet has no event to come back by.
        if (said !== undefined && primed) sent.push(text);
        await wait(50);
      }
    };
    const announcing = followed.map(announce);
    await wait(500);
    const [victim] = fleet.processes;
    victim?.child.kill('SIGSTOP');
    await wait(LEASE_MS * 2);
    victim?.child.kill('SIGCONT');
    await wait(2_000);
    stopped = true;
    await Promise.all(announcing);
    const heardBy = ({ stream }: (typeof followed)[number]) => stream.heard.map(({ text }) => text);
    await vi.waitFor(
      () => {
        for (const each of followed) for (const text of each.sent) expect(heardBy(each)).toContain(text);
      },
      { timeout: 20_000, interval: 100 },
    );
    for (const each of followed) {
      expect(new Set(heardBy(each)).size).toBe(each.stream.heard.length);
      expect(new Set(each.stream.heard.map(({ id }) => id)).size).toBe(each.stream.heard.length);
      each.stream.stop();
    }
    for (const client of clients) {
      const places = await Promise.all(Array.from({ length: 3 }, () => callTool(client, 'where')));
      expect(new Set(places.map(({ said }) => said)).size).toBe(1);
    }
    const count = followed.reduce((sum, { sent }) => sum + sent.length, 0);
    console.log(`${count} messages to ${followed.length} streams, each once`);
  },
);
