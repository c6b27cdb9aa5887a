import type { Heard, Latency, Session } from '../client.ts';
import { exactly, type Finding, ms, printed } from '../finding.ts';
import { withPair } from '../pair.ts';

const UPDATES = 100;
const SESSIONS = 64;

/** A token whose factory is replaced again and again while its clients call tools. */
export function updatesUnderLoad(): Promise<Finding[]> {
  return withPair({ lean: true }, async (pair, url) => {
    const token = 'updated';
    const sessions = await pair.client<Session[]>({ do: 'open', url, sessions: SESSIONS, perTenant: SESSIONS, token });
    await pair.client({ do: 'listen', url, sessions });
    const load = pair.client<Latency>({ do: 'load', url, sessions, ms: 6_000 });
    let version = 1;
    for (let update = 0; update < UPDATES; update += 1) {
      version = await pair.serve<number>({ do: 'update' });
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const { calls, failures, p50Ms, p99Ms } = await load;
    const current = await pair.client<number>({ do: 'versions', url, sessions, version });
    const heard = await pair.client<Record<string, Heard>>({ do: 'heard' });
    const told = sessions.filter(({ id }) => (heard[id]?.events.length ?? 0) > 0).length;
    return [
      exactly('Sessions that have the tools of the last update', current, SESSIONS),
      exactly('Clients that were told list_changed', told, SESSIONS),
      exactly('Updates of the token', version - 1, UPDATES),
      exactly(`Requests that failed, of ${calls} under load`, failures, 0),
      printed('Latency under load and updates, p50 and p99', `${ms(p50Ms)}, ${ms(p99Ms)}`),
    ];
  });
}
