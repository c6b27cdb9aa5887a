import type { Latency, Session } from '../client.ts';
import { atMost, type Finding, kilobytes, megabytes, ms, printed } from '../finding.ts';
import { type ServerMemory, withPair } from '../pair.ts';

const LIVE = 2_000;
const PARKED = 100_000;
const TENANTS = 1_000;

/** Heap of a live session beside that of its bare server, with ten tools. */
export function heapOfLiveSessions(lean: boolean): Promise<Finding[]> {
  return withPair({ lean }, async (pair, url) => {
    const bare = await pair.serve<number>({ do: 'bare', servers: LIVE });
    await pair.client({ do: 'open', url, sessions: 200, perTenant: 100, token: 'warm-up:0' });
    const before = await pair.serve<ServerMemory>({ do: 'memory' });
    await pair.client({ do: 'open', url, sessions: LIVE, perTenant: 100 });
    const after = await pair.serve<ServerMemory>({ do: 'memory' });
    const each = (after.heapBytes - before.heapBytes) / LIVE;
    const tools = lean ? 'shared schemas and validator' : 'schemas of its own';
    return [
      printed(`Heap of a bare server with 10 tools, ${tools}`, kilobytes(bare)),
      atMost(`Heap of a live session beyond it, ${tools}`, each - bare, 6 * 1_024, kilobytes),
    ];
  });
}

/** Heap of a parked session, and what the first call of one costs its client. */
export function parkedSessions(): Promise<Finding[]> {
  return withPair({ lean: true, sessions: { maxLive: 500 } }, async (pair, url) => {
    await pair.client({ do: 'open', url, sessions: 2_000, perTenant: 10, token: 'warm-up:0' });
    const before = await pair.serve<ServerMemory>({ do: 'memory' });
    const perTenant = PARKED / TENANTS;
    const sessions = await pair.client<Session[]>({ do: 'open', url, sessions: PARKED, perTenant });
    const after = await pair.serve<ServerMemory>({ do: 'memory', atRest: true });
    const each = (after.heapBytes - before.heapBytes) / (after.activeSessions - before.activeSessions);
    const some = sessions.filter((_, index) => index % 100 === 0);
    const live = some.slice(900);
    const calls = [...live, ...live, ...live, ...live];
    // V8 has shrunk its heap at rest, and pays for letting it grow again: before this counts, and not in one of the two.
    await pair.client({ do: 'call', url, sessions: [...some.slice(400, 900), ...calls] });
    const first = await pair.client<Latency>({ do: 'call', url, sessions: some.slice(0, 400) });
    await pair.client({ do: 'call', url, sessions: live });
    const again = await pair.client<Latency>({ do: 'call', url, sessions: calls });
    if (first.failures + again.failures > 0) throw new Error(`${first.failures} of the first calls failed`);
    return [
      atMost('Heap of a parked session', each, 1.5 * 1_024, kilobytes),
      atMost(`RSS with ${PARKED} parked sessions of ${TENANTS} tenants`, after.rssBytes, 400e6, megabytes),
      printed('First call of a parked session, p50', ms(first.p50Ms)),
      printed('Call of a live session, p50', ms(again.p50Ms)),
      atMost('p99 of the first call beyond that of a live one', first.p99Ms - again.p99Ms, 5, ms),
    ];
  });
}
