import { describe, expect, it } from 'vitest';
import { byToken, callOf, cancellationOf, expectLimit, SlowCalls, sendBatch, WITH_BATCHES } from '../support/limits.ts';
import {
  askForConsent,
  consentTo,
  type Extra,
  eventsOf,
  eventually,
  gate,
  said,
  serve,
  serverWith,
  textOf,
} from '../support/tenancy-server.ts';

describe('limits.maxCalls', () => {
  it('counts the calls of a principal over all of its sessions, and refuses the one too many', async () => {
    const slow = new SlowCalls();
    const { open, tenancy } = await serve({ createServer: slow.createServer, limits: { maxCalls: 2 } });
    const [first, second] = [await open(), await open()];
    const rejections = eventsOf(tenancy, 'requestRejected');
    const answers = [first.send({ body: callOf('slow') }), second.send({ body: callOf('slow') })];
    await eventually(() => slow.begun === 2);
    expectLimit(await first.send({ body: callOf('slow') }), 'maxCalls', 2);
    expectLimit(await second.send({ body: second.request('ping') }), 'maxCalls', 2);
    expect(rejections).toMatchObject([
      { status: 429, code: 'call_limit', tenantId: 'anonymous' },
      { status: 429, code: 'call_limit', tenantId: 'anonymous' },
    ]);
    slow.finish();
    for (const { text } of await Promise.all(answers)) expect(textOf(JSON.parse(text))).toBe('slow');
    expect(slow.begun).toBe(2);
  });

  it('counts each principal by itself, whichever its token', async () => {
    const slow = new SlowCalls();
    const { open } = await serve({ ...byToken, createServer: slow.createServer, limits: { maxCalls: 1 } });
    const [ann, again, bob] = [await open('acme.ann'), await open('acme.ann.2'), await open('acme.bob')];
    const answer = ann.send({ body: callOf('slow') });
    await eventually(() => slow.begun === 1);
    expectLimit(await again.send({ body: callOf('quick') }), 'maxCalls', 1);
    expect(textOf(await bob.call('tools/call', { name: 'quick' }))).toBe('quick');
    slow.finish();
    expect((await answer).status).toBe(200);
  });

  it("is the tenant's own where it has one", async () => {
    const slow = new SlowCalls();
    const forTenant = (tenantId: string) => (tenantId === 'small' ? { maxCalls: 1 } : undefined);
    const { open } = await serve({
      ...byToken,
      createServer: slow.createServer,
      limits: { maxCalls: 2, forTenant },
    });
    const [small, big] = [await open('small.x'), await open('big.x')];
    const answers = [small.send({ body: callOf('slow') }), big.send({ body: callOf('slow') })];
    await eventually(() => slow.begun === 2);
    expectLimit(await small.send({ body: callOf('quick') }), 'maxCalls', 1);
    const more = big.send({ body: callOf('slow') });
    await eventually(() => slow.begun === 3);
    expectLimit(await big.send({ body: callOf('quick') }), 'maxCalls', 2);
    slow.finish();
    expect((await Promise.all([...answers, more])).map(({ status }) => status)).toEqual([200, 200, 200]);
  });

  it('counts every request of a batch, and runs none of one that is too large', async () => {
    const slow = new SlowCalls();
    const { open } = await serve({ createServer: slow.createServer, limits: { maxCalls: 3 } });
    const client = await open(undefined, WITH_BATCHES);
    const two = sendBatch(client, [callOf('slow', 1), cancellationOf('nothing'), callOf('slow', 2)]);
    await eventually(() => slow.begun === 2);
    expectLimit(await sendBatch(client, [callOf('slow', 3), callOf('slow', 4)]), 'maxCalls', 3);
    const one = sendBatch(client, [callOf('slow', 5)]);
    await eventually(() => slow.begun === 3);
    slow.finish();
    expect(JSON.parse((await two).text)).toHaveLength(2);
    expect(JSON.parse((await one).text)).toHaveLength(1);
    expect(slow.begun).toBe(3);
    expectLimit(
      await sendBatch(
        client,
        [1, 2, 3, 4].map((id) => callOf('quick', id)),
      ),
      'maxCalls',
      3,
    );
  });

  it('counts what waits for an answer: no notifications, no answers of the client, no new sessions', async () => {
    const consented = gate<string>();
    const createServer = () =>
      serverWith({
        ask: async (extra: Extra) => {
          const action = await askForConsent(extra);
          consented.open(action);
          return said(action);
        },
      });
    const { open } = await serve({ createServer, limits: { maxCalls: 1 } });
    const client = await open(undefined, { capabilities: { elicitation: {} } });
    const { events } = await client.stream({ body: callOf('ask') });
    const question = await events.message();
    expectLimit(await client.send({ body: client.request('ping') }), 'maxCalls', 1);
    expect((await client.send({ body: cancellationOf('nothing') })).status).toBe(202);
    expect((await open()).sessionId).toBeDefined();
    expect((await client.send({ body: consentTo(question) })).status).toBe(202);
    expect(await consented.opened).toBe('accept');
    expect(textOf(await events.message())).toBe('accept');
  });

  it('is 256 where nothing else is said', async () => {
    const slow = new SlowCalls();
    const { open } = await serve({ createServer: slow.createServer });
    const client = await open(undefined, WITH_BATCHES);
    const batchOf = (size: number) => Array.from({ length: size }, (_, id) => callOf('slow', id));
    const answers = [100, 100, 56].map((size) => sendBatch(client, batchOf(size)));
    await eventually(() => slow.begun === 256);
    expectLimit(await client.send({ body: client.request('ping') }), 'maxCalls', 256);
    slow.finish();
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200, 200]);
  });
});
