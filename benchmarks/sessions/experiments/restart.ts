import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Heard, Latency, Session } from '../client.ts';
import { exactly, type Finding } from '../finding.ts';
import { Pair } from '../pair.ts';

const SESSIONS = 1_000;
/** Events of each session: half of them come while its stream is open, if it is, and the others when nobody reads. */
const EVENTS = 4;

/**
 * A server that is killed while it is under load, and started again on the same database. Every other session has its stream open, and comes back
 * with the id of the last event that it has got; the others come for the first time.
 */
export async function killedServer(): Promise<Finding[]> {
  const folder = mkdtempSync(join(tmpdir(), 'mcp-tenancy-'));
  const options = { lean: true, database: join(folder, 'sessions.db') };
  const [first, second] = [new Pair(options), new Pair(options)];
  try {
    const url = await first.start();
    const sessions = await first.client<Session[]>({ do: 'open', url, sessions: SESSIONS, perTenant: SESSIONS });
    const listening = sessions.filter((_, index) => index % 2 === 0);
    await first.client({ do: 'listen', url, sessions: listening });
    await notify(first, EVENTS / 2);
    void first.client<Latency>({ do: 'load', url, sessions, ms: 3_000 });
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await notify(first, EVENTS / 2);
    await first.server.kill();
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    const heard = await first.client<Record<string, Heard>>({ do: 'heard' });
    return await findingsAfter(second, sessions, heard);
  } finally {
    first.end();
    second.end();
    rmSync(folder, { recursive: true });
  }
}

async function notify(pair: Pair, times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) await pair.serve({ do: 'notify', tenantId: 'tenant-0' });
}

async function findingsAfter(
  pair: Pair,
  sessions: readonly Session[],
  before: Readonly<Record<string, Heard>>,
): Promise<Finding[]> {
  const url = await pair.start();
  const { failures } = await pair.client<Latency>({ do: 'call', url, sessions });
  const returning = sessions.map((session) => {
    const lastEventId = before[session.id]?.events.at(-1);
    return { ...session, ...(lastEventId !== undefined && { lastEventId }) };
  });
  await pair.client({ do: 'listen', url, sessions: returning });
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const after = await pair.client<Record<string, Heard>>({ do: 'heard' });
  const complete = sessions.filter(({ id }) => {
    const events = [...(before[id]?.events ?? []), ...(after[id]?.events ?? [])];
    return events.length === EVENTS && new Set(events).size === EVENTS;
  });
  const cutOff = Object.values(before).filter(({ events }) => events.length < EVENTS).length;
  return [
    exactly(`Sessions lost of ${SESSIONS}, after kill -9 under load and a restart`, failures, 0),
    exactly(`Sessions whose client has each of their ${EVENTS} events once`, complete.length, SESSIONS),
    { what: 'Open streams that the kill cut off before their last event', measured: String(cutOff), bar: '–' },
  ];
}
