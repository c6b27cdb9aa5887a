import { fork } from 'node:child_process';
import { once } from 'node:events';
import { startRedisServer } from '@mcp-tenancy/testing';
import type { Usage } from './serve.ts';
import { serverOptions } from './server-options.ts';

/** As many processes as are asked for, which share sessions in a Redis of their own. */
const redis = process.env.REDIS_URL ?? (await startRedisServer()).url;
const env = { ...process.env, REDIS_URL: redis, KEY_PREFIX: `bench-${process.pid}:` };
const members = Array.from({ length: serverOptions.members }, () =>
  fork(new URL('fleet-member.ts', import.meta.url), process.argv.slice(2), { env }),
);
const urls = await Promise.all(members.map(async (member) => (await once(member, 'message'))[0] as string));

process.on('message', async (command: object) => {
  const used = await Promise.all(members.map((member) => usageOf(member, command)));
  const sum = (of: (usage: Usage) => number) => used.reduce((total, usage) => total + of(usage), 0);
  process.send?.({ cpuMicros: sum(({ cpuMicros }) => cpuMicros), rssBytes: sum(({ rssBytes }) => rssBytes) });
});
process.on('disconnect', () => process.exit());
process.send?.(urls.join(' '));

async function usageOf(member: (typeof members)[number], command: object): Promise<Usage> {
  const answer = once(member, 'message');
  member.send(command);
  const [usage] = await answer;
  return usage as Usage;
}
