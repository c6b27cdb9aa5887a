import type { Heard, Session } from '../client.ts';
import { exactly, type Finding, kilobytes, megabytes, printed } from '../finding.ts';
import { type ServerMemory, withPair } from '../pair.ts';

const STREAMS = 10_000;
const PER_TENANT = 100;

/** Very many open streams, and a notification for one tenant. */
export function openStreams(): Promise<Finding[]> {
  return withPair({ lean: true }, async (pair, url) => {
    const sessions = await pair.client<Session[]>({ do: 'open', url, sessions: STREAMS, perTenant: PER_TENANT });
    const before = await pair.serve<ServerMemory>({ do: 'memory' });
    const open = await pair.client<number>({ do: 'listen', url, sessions });
    const after = await pair.serve<ServerMemory>({ do: 'memory' });
    const reached = await pair.serve<number>({ do: 'notify', tenantId: 'tenant-7' });
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const heard = await pair.client<Record<string, Heard>>({ do: 'heard' });
    const own = sessions.filter(({ token }) => token.startsWith('tenant-7:')).map(({ id }) => heard[id]?.events.length);
    const all = Object.values(heard).reduce((sum, { events }) => sum + events.length, 0);
    return [
      exactly('Open GET streams in one process', open, STREAMS),
      printed(
        'Heap of an open stream, its connection included',
        kilobytes((after.heapBytes - before.heapBytes) / open),
      ),
      printed('RSS with all of them', megabytes(after.rssBytes)),
      exactly('Sessions that a tenant’s notification is sent to', reached, PER_TENANT),
      exactly('Streams of its own that got it once', own.filter((events) => events === 1).length, PER_TENANT),
      exactly('Events that any other got', all - own.length, 0),
    ];
  });
}
