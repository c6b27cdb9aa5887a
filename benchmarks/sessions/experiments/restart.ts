import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Latency, Session } from '../client.ts';
import { exactly, type Finding } from '../finding.ts';
import { Pair } from '../pair.ts';

const SESSIONS = 1_000;
const EVENTS = 3;

/** A server that is killed while it is under load, and started again on the same database. */
export async function killedServer(): Promise<Finding[]> {
  const folder = mkdtempSync(join(tmpdir(), 'mcp-tenancy-'));
  const options = { lean: true, database: join(folder, 'sessions.db') };
  const [first, second] = [new Pair(options), new Pair(options)];
  try {
    const url = await first.start();
    const sessions = await first.client<Session[]>({ do: 'open', url, sessions: SESSIONS, perTenant: SESSIONS });
    for (let event = 0; event < EVENTS; event += 1) await first.serve({ do: 'notify', tenantId: 'tenant-0' });
    void first.client<Latency>({ do: 'load', url, sessions, ms: 2_000 });
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await first.server.kill();
    return await findingsAfter(second, sessions);
  } finally {
    first.end();
    second.end();
    rmSync(folder, { recursive: true });
  }
}

async function findingsAfter(pair: Pair, sessions: readonly Session[]): Promise<Finding[]> {
  const url = await pair.start();
  const { failures } = await pair.client<Latency>({ do: 'call', url, sessions });
  await pair.client({ do: 'listen', url, sessions });
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const heard = await pair.client<Record<string, number>>({ do: 'heard' });
  return [
    exactly(`Sessions lost of ${SESSIONS}, after kill -9 under load and a restart`, failures, 0),
    exactly('Events that had been sent before and were not read: replayed', heard['tenant-0'] ?? 0, SESSIONS * EVENTS),
  ];
}
