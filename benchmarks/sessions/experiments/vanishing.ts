import type { Session } from '../client.ts';
import { atMost, exactly, type Finding, megabytes, printed } from '../finding.ts';
import { type ServerMemory, withPair } from '../pair.ts';

const CLIENTS = 10_000;
const TTL_MS = 1_500;

/** Clients that initialize and are never seen again; meanwhile one waits for a call that takes twice the TTL. */
export function vanishingClients(): Promise<Finding[]> {
  return withPair({ lean: true, sessions: { idleTimeoutMs: TTL_MS } }, async (pair, url) => {
    await vanish(100, 'before');
    const before = await pair.serve<ServerMemory>({ do: 'memory', atRest: true });
    const [session] = await pair.client<Session[]>({ do: 'open', url, sessions: 1, perTenant: 1, token: 'slow:0' });
    if (session === undefined) throw new Error('The session was not opened');
    const said = await pair.client<string>({ do: 'slow', url, session });
    await vanish(CLIENTS, 'vanishing');
    const after = await pair.serve<ServerMemory>({ do: 'memory', atRest: true });
    return [
      printed('RSS before, at rest', megabytes(before.rssBytes)),
      atMost('RSS after 10,000 clients have come and gone, at rest', after.rssBytes, 1.1 * before.rssBytes, megabytes),
      exactly('Sessions that are left', after.activeSessions, 0),
      exactly(`Calls of ${2 * TTL_MS} ms that finish with a TTL of ${TTL_MS} ms`, Number(said.includes('"done"')), 1),
    ];

    async function vanish(sessions: number, tenant: string): Promise<void> {
      await pair.client({ do: 'open', url, sessions, perTenant: sessions, token: `${tenant}:0` });
      await new Promise((resolve) => setTimeout(resolve, 3 * TTL_MS));
    }
  });
}
