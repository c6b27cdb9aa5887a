import { setTimeout as wait } from 'node:timers/promises';
import type { WireClient } from '@mcp-tenancy/testing';

/** One event that a client has got. */
export interface Heard {
  readonly id: string;
  readonly text: string;
}

/** Listens to the standalone stream of a session, and comes back for the rest whenever it ends. */
export function followStream(client: WireClient): { readonly heard: readonly Heard[]; stop(): void } {
  const heard: Heard[] = [];
  let stopped = false;
  let close = () => {};
  const follow = async (lastEventId: string | undefined): Promise<string | undefined> => {
    const stream = await client.listen(lastEventId);
    close = stream.close;
    let last = lastEventId;
    if (stream.status !== 200) return last;
    for (let event = await stream.events.next(); event !== undefined; event = await stream.events.next()) {
      last = event.id ?? last;
      if (event.data) heard.push({ id: String(event.id), text: JSON.parse(event.data).params?.data });
    }
    return last;
  };
  const keepFollowing = async () => {
    let last: string | undefined;
    while (!stopped) {
      last = await follow(last).catch(() => heard.at(-1)?.id ?? last);
      await wait(50);
    }
  };
  void keepFollowing();
  return {
    heard,
    stop: () => {
      stopped = true;
      close();
    },
  };
}
