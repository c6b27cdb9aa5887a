import type { ServerResponse } from 'node:http';
import { createTenancy } from '@mcp-tenancy/core';
import { WireClient } from '@mcp-tenancy/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { listen } from '../support/rejections.ts';
import { type Extra, gate, said, serverWith, textOf } from '../support/tenancy-server.ts';

const log = (data: unknown) => ({ method: 'notifications/message' as const, params: { level: 'info' as const, data } });

/** A host that gets at the response of the call while its tool waits; `settled` when the tenancy is through with that. */
async function serveInHost() {
  const [response, settled] = [gate<ServerResponse>(), gate()];
  const [started, go] = [gate(), gate()];
  const tools = {
    talk: async ({ sendNotification }: Extra) => {
      await sendNotification(log('before'));
      started.open();
      await go.opened;
      await sendNotification(log('after'));
      return said('done');
    },
    quiet: async () => {
      started.open();
      await go.opened;
      return said('done');
    },
    late: async ({ sendNotification }: Extra) => {
      started.open();
      await go.opened;
      await sendNotification(log('late'));
      return said('done');
    },
  };
  const tenancy = createTenancy({ createServer: () => serverWith(tools) });
  onTestFinished(() => tenancy.close());
  const origin = await listen((req, res) => {
    const calls = req.url?.endsWith('?call');
    if (calls) response.open(res);
    void tenancy.handler(req, res).then(() => calls && settled.open());
  });
  const client = new WireClient(`${origin}/mcp`);
  await client.open();
  const call = (name: string) => ({ path: '/mcp?call', body: client.request('tools/call', { name }) });
  return { client, response: response.opened, settled: settled.opened, started: started.opened, go, call };
}

describe('a host that does something to the response by itself', () => {
  it('ends the stream: what is said later waits in the log for the client', async () => {
    const { client, response, settled, started, go, call } = await serveInHost();
    const { events } = await client.stream(call('talk'));
    await events.next();
    const before = await events.next();
    await started;

    (await response).end();
    go.open();
    expect(await events.next()).toBeUndefined();
    await settled;

    const resumed = await client.listen(before?.id);
    expect(await resumed.events.message()).toMatchObject({ params: { data: 'after' } });
    expect(textOf(await resumed.events.message())).toBe('done');
  });

  it('ends the stream and writes all the same: that is its own error, and no end of the process', async () => {
    const { client, response, settled, started, go, call } = await serveInHost();
    const { events } = await client.stream(call('talk'));
    await events.next();
    const before = await events.next();
    await started;

    const res = await response;
    res.end();
    res.write('after the end');
    await settled;
    go.open();

    expect(await events.next()).toBeUndefined();
    const resumed = await client.listen(before?.id);
    expect(await resumed.events.message()).toMatchObject({ params: { data: 'after' } });
  });

  it('begins an answer while the call runs: the result is not written into it', async () => {
    const { client, response, settled, started, go, call } = await serveInHost();
    const answer = client.send(call('quiet'));
    await started;

    (await response).writeHead(504).write('timeout');
    go.open();
    await settled;

    expect(await answer).toMatchObject({ status: 504, text: 'timeout' });
  });

  it('begins an answer before the stream: nothing of the stream is written into it', async () => {
    const { client, response, settled, started, go, call } = await serveInHost();
    const answer = client.send(call('late'));
    await started;

    const res = await response;
    res.writeHead(504).write('timeout');
    go.open();
    await settled;
    res.end();

    expect(await answer).toMatchObject({ status: 504, text: 'timeout' });
  });

  it('has answered before the endpoint is asked, with headers for other origins: nothing is added, and nothing thrown', async () => {
    const tenancy = createTenancy({ createServer: () => serverWith({}) });
    onTestFinished(() => tenancy.close());
    const handled = gate<unknown>();
    const origin = await listen((req, res) => {
      res.setHeader('access-control-allow-origin', '*').writeHead(504).end('timeout');
      tenancy.endpointHandler(req, res).then(handled.open, handled.open);
    });

    const client = new WireClient(`${origin}/mcp`);

    expect(await client.send({ body: client.request('ping') })).toMatchObject({ status: 504, text: 'timeout' });
    expect(await handled.opened).toBeUndefined();
  });
});
