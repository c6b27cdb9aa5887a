import type { WireRequest } from '@mcp-tenancy/testing';
import { array, assert, asyncProperty } from 'fast-check';
import { expect, it } from 'vitest';
import { type Served, serve, tokens } from '../support/tenancy-server.ts';
import { mutatedModernRequest } from './support/mutated-modern-request.ts';
import { wildServer } from './support/wild-server.ts';

/** Requests at a time, and how many times. */
const AT_ONCE = 20;
const RUNS = 100;
const SEED = 20_260_729;

/** What a client can tell an answer by: its status, its kind, and the JSON of its messages. */
async function answerOf(served: Served, request: WireRequest) {
  const headers = { ...request.headers, 'content-length': String(Buffer.byteLength(String(request.body))) };
  const { status, headers: received, events, close } = await served.wire('a').stream({ ...request, headers });
  const kind = received['content-type'];
  if (kind !== 'text/event-stream') {
    const text = await events.rest();
    return { status, kind, messages: text === '' ? [] : [JSON.parse(text)] };
  }
  const messages: unknown[] = [];
  for (let event = await events.next(); event !== undefined; event = await events.next()) {
    const message = JSON.parse(event.data ?? 'null');
    messages.push(message);
    // What listens goes on for as long as its client likes.
    const honoured = message?.params?.notifications;
    if (honoured !== undefined && Object.keys(honoured).length > 0) close();
  }
  return { status, kind, messages };
}

it(`${RUNS * AT_ONCE} mutated requests: a server of the pool answers each as the SDK’s own handler does`, {
  timeout: 120_000,
}, async () => {
  const [pooled, exact] = await Promise.all(
    (['pooled', 'per-request'] as const).map((modern) => serve({ provider: tokens({ a: wildServer }), modern })),
  );
  const requests = array(mutatedModernRequest, { minLength: AT_ONCE, maxLength: AT_ONCE });
  const property = asyncProperty(requests, async (sent) => {
    for (const request of sent) {
      const [ours, theirs] = await Promise.all([pooled, exact].map((served) => answerOf(served as Served, request)));
      expect({ request, answer: ours }).toEqual({ request, answer: theirs });
    }
  });

  await assert(property, { numRuns: RUNS, seed: SEED });
});
