import type { Session } from '../client.ts';
import { exactly, type Finding, kilobytes, megabytes, printed } from '../finding.ts';
import { type ServerMemory, withPair } from '../pair.ts';

const STREAMS = 9_900;
const PER_TENANT = 99;

/** Very many open streams, and a notification for one tenant. */
export function openStreams(): Promise<Finding[]> {
  return withPair({ lean: true }, async (pair, url) => {
    const sessions = await pair.client<Session[]>({ do: 'open', url, sessions: STREAMS, perTenant: PER_TENANT });
    const before = await pair.serve<ServerMemory>({ do: 'memory' });
    const open = await pair.client<number>({ do: 'listen', url, sessions });
    const after = await pair.serve<ServerMemory>({ do: 'memory' });
    const reached = await pair.serve<number>({ do: 'notify', tenantId: 'tenant-7' });
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const { 'tenant-7': own = 0, ...others } = await pair.client<Record<string, number>>({ do: 'heard' });
    return [
      exactly('Open GET streams in one process', open, STREAMS),
      printed(
        'Heap of an open stream, its connection included',
        kilobytes((after.heapBytes - before.heapBytes) / open),
      ),
      printed('RSS with all of them', megabytes(after.rssBytes)),
      exactly('Sessions that a tenant’s notification is sent to', reached, PER_TENANT),
      exactly('Events that reach its own streams', own, PER_TENANT),
      exactly('Events that reach any other', Object.keys(others).length, 0),
    ];
  });
}
