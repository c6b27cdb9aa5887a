import { setTimeout as wait } from 'node:timers/promises';
import type { WireClient } from '@mcp-tenancy/testing';
import { PATIENCE_MS } from './machine.ts';

/** How one call went. */
export interface Call {
  /** ms, by the monotonic clock. */
  readonly begun: number;
  readonly ended: number;
  /** What the tool said; absent where the call failed. */
  readonly said?: string;
  /** What went wrong, as the client saw it. */
  readonly failure?: string;
}

/** Sends what is answered with 503 again, as `Retry-After` asks for, as long as a client of this machine has patience. */
export async function patiently<Answer extends { readonly status: number }>(
  send: () => Promise<Answer>,
  patienceMs = PATIENCE_MS,
): Promise<Answer> {
  const until = performance.now() + patienceMs;
  let answer = await send();
  while (answer.status === 503 && performance.now() < until) {
    await wait(1_000);
    answer = await send();
  }
  return answer;
}

/** Calls a tool, whatever becomes of it. `patienceMs` is 0 for what must not be done twice. */
export async function callTool(
  client: WireClient,
  name: string,
  args: Record<string, unknown> = {},
  patienceMs = PATIENCE_MS,
): Promise<Call> {
  const begun = performance.now();
  const outcome = await outcomeOf(client, name, args, patienceMs);
  return { begun, ended: performance.now(), ...outcome };
}

async function outcomeOf(
  client: WireClient,
  name: string,
  args: Record<string, unknown>,
  patienceMs: number,
): Promise<{ said: string } | { failure: string }> {
  try {
    const request = client.request('tools/call', { name, arguments: args });
    const { status, headers, events } = await patiently(() => client.stream({ body: request }), patienceMs);
    if (status !== 200) return { failure: `HTTP ${status}` };
    const response = headers['content-type']?.includes('event-stream')
      ? await events.message((message) => message.id === request.id && !('method' in message))
      : JSON.parse(await events.rest());
    const { result, error } = response as { result?: { content: [{ text: string }] }; error?: { message: string } };
    return result === undefined ? { failure: String(error?.message) } : { said: result.content[0].text };
  } catch (error) {
    return { failure: (error as Error).message };
  }
}

/** Calls tools of these sessions from several workers at once until it is stopped; returns all calls then. */
export function keepCalling(clients: readonly WireClient[], workers: number): { stop(): Promise<Call[]> } {
  const calls: Call[] = [];
  let stopped = false;
  const work = async (worker: number) => {
    for (let turn = 0; !stopped; turn += 1) {
      const client = clients[(worker + turn * workers) % clients.length] as WireClient;
      calls.push(await (turn % 4 === 0 ? callTool(client, 'slow', { ms: 300 }) : callTool(client, 'where')));
      await wait(5);
    }
  };
  const working = Promise.all(Array.from({ length: workers }, (_item, worker) => work(worker)));
  return {
    stop: async () => {
      stopped = true;
      await working;
      return calls;
    },
  };
}
