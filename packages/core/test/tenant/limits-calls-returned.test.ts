import type { WireClient } from '@mcp-tenancy/testing';
import { describe, expect, it } from 'vitest';
import {
  callOf,
  cancellationOf,
  expectLimit,
  SlowCalls,
  sendBatch,
  ThrowingServer,
  WITH_BATCHES,
} from '../support/limits.ts';
import { clientGone, eventually, nextEvent, serve, textOf, tokens } from '../support/tenancy-server.ts';

const limits = { maxCalls: 1 };

/** One call of the principal at a time, and one that runs. */
async function withSlowCall(tool = 'slow', options: object = {}) {
  const slow = new SlowCalls();
  const served = await serve({ createServer: slow.createServer, limits, ...options });
  const [client, other] = [await served.open(), await served.open()];
  const leave = new AbortController();
  const gone = clientGone(served.http);
  const answer = client.send({ body: callOf(tool), signal: leave.signal });
  answer.catch(() => {});
  await eventually(() => slow.begun === 1);
  expectLimit(await other.send({ body: callOf('quick') }), 'maxCalls', 1);
  return { ...served, slow, client, other, answer, gone, leave: () => leave.abort() };
}

type Running = Awaited<ReturnType<typeof withSlowCall>>;

/** The principal may call again, one at a time as before. */
async function expectFree(client: WireClient, times = 3): Promise<void> {
  for (let calls = 0; calls < times; calls += 1) {
    const { status, text } = await client.send({ body: callOf('quick') });
    expect({ status, said: textOf(JSON.parse(text)) }).toEqual({ status: 200, said: 'quick' });
  }
}

describe('a call counts no longer', () => {
  it.each<[string, (running: Running) => unknown]>([
    ['when it is answered', ({ slow }) => slow.finish()],
    ['when the client cancels it', ({ client }) => client.send({ body: cancellationOf('slow') })],
    ['when the client ends its session', ({ client }) => client.send({ method: 'DELETE' })],
    ['when the operator ends its session', ({ client, tenancy }) => tenancy.sessions.end(String(client.sessionId))],
  ])('%s', async (_name, end) => {
    const running = await withSlowCall();
    await end(running);
    await running.answer;
    await expectFree(running.other);
    running.slow.finish();
    await expectFree(running.other);
  });

  it('when its time is over, though its handler goes on', async () => {
    const { answer, other, slow } = await withSlowCall('deaf', { limits: { ...limits, callTimeoutMs: 100 } });
    expect(JSON.parse((await answer).text)).toMatchObject({ error: { code: -32001 } });
    await expectFree(other);
    slow.finish();
    await expectFree(other);
  });

  it('when it is cancelled, though its handler goes on', async () => {
    const { answer, other, client, slow } = await withSlowCall('deaf');
    await client.send({ body: cancellationOf('deaf') });
    await answer;
    await expectFree(other);
    slow.finish();
    await expectFree(other);
  });

  it('when it is done, for a client that disconnects; and not before', async () => {
    const { leave, gone, other, slow, tenancy } = await withSlowCall();
    leave();
    await gone;
    expectLimit(await other.send({ body: callOf('quick') }), 'maxCalls', 1);
    const called = nextEvent(tenancy, 'transportError');
    slow.finish();
    expect((await called).error.message).toMatch(/disconnected/);
    await expectFree(other);
  });

  it('when it is answered with an error', async () => {
    const { open } = await serve({ createServer: new SlowCalls().createServer, limits });
    const client = await open();
    for (let calls = 0; calls < 3; calls += 1) {
      expect(await client.call('no/such/method')).toMatchObject({ error: { code: -32601 } });
    }
    await expectFree(client);
  });

  it('when it is refused, for whatever reason', async () => {
    const { open } = await serve({ createServer: new SlowCalls().createServer, limits });
    const client = await open();
    const statuses = [
      await client.send({ body: [callOf('quick')] }),
      await client.send({ body: callOf('quick'), headers: { 'mcp-protocol-version': '1999-01-01' } }),
      await client.send({ body: '{' }),
    ].map(({ status }) => status);
    expect(statuses).toEqual([400, 400, 400]);
    await expectFree(client);
  });

  it('when its server cannot be rebuilt', async () => {
    const provider = tokens({ token: new SlowCalls().createServer });
    const { open } = await serve({ provider, limits });
    const [client, other] = [await open('token'), await open('token')];
    provider.updateToken('token', () => {
      throw new Error('not yet');
    });
    for (let calls = 0; calls < 3; calls += 1) {
      expect((await client.send({ body: callOf('quick') })).status).toBe(500);
    }
    provider.updateToken('token', new SlowCalls().createServer);
    await expectFree(client);
    await expectFree(other);
  });

  it('when its session cannot go on with another server', async () => {
    const { createServer } = new SlowCalls();
    const provider = tokens({ token: createServer });
    const { open } = await serve({ provider, limits });
    const [client, other] = [await open('token'), await open('token')];
    const refusing = () => {
      const server = createServer();
      server.server.removeRequestHandler('initialize');
      return server;
    };
    provider.updateToken('token', refusing);
    expect((await client.send({ body: callOf('quick') })).status).toBe(404);
    provider.updateToken('token', createServer);
    await expectFree(other);
  });

  it('when all of its batch are answered, or cancelled', async () => {
    const slow = new SlowCalls();
    const { open } = await serve({ createServer: slow.createServer, limits: { maxCalls: 3 } });
    const client = await open(undefined, WITH_BATCHES);
    const answer = sendBatch(client, [callOf('slow', 1), callOf('quick', 2), callOf('slow', 3)]);
    await eventually(() => slow.begun === 2);
    await sendBatch(client, [cancellationOf(1), cancellationOf(3)]);
    expect(JSON.parse((await answer).text)).toMatchObject([{ id: 2 }]);
    const all = await sendBatch(
      client,
      [1, 2, 3].map((id) => callOf('quick', id)),
    );
    expect(JSON.parse(all.text)).toHaveLength(3);
  });
});

describe('a call counts no longer, though its server throws', () => {
  it('at the cancellation', async () => {
    const { open } = await serve({ createServer: () => new ThrowingServer('notifications/cancelled'), limits });
    const client = await open();
    const answer = client.send({ body: callOf('slow') });
    answer.catch(() => {});
    await expect.poll(async () => (await client.send({ body: callOf('quick') })).status).toBe(429);
    await client.send({ body: cancellationOf('slow') });
    await expectFree(client, 1);
    expect((await answer).text).toBe('');
  });

  it('at a notification of its batch', async () => {
    const { open } = await serve({
      createServer: () => new ThrowingServer('notifications/roots/list_changed'),
      limits,
    });
    const client = await open(undefined, WITH_BATCHES);
    await sendBatch(client, [{ jsonrpc: '2.0', method: 'notifications/roots/list_changed' }, callOf('quick')]);
    await expectFree(client, 1);
  });
});
