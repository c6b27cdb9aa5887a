import { describe, expect, it } from 'vitest';
import { callOf, SlowCalls } from '../support/limits.ts';
import { expectRejection } from '../support/rejections.ts';
import { eventually, type Served, serve, serverWith, tokens } from '../support/tenancy-server.ts';

const createServer = () => serverWith({});
const readinessPath = '/health/ready';

function ask({ wire }: Served, method = 'GET', path = readinessPath) {
  return wire().send({ method, path, headers: { accept: undefined, 'content-type': undefined } });
}

describe('readinessPath', () => {
  it('answers 200 as long as new sessions are taken, and is not cached', async () => {
    const served = await serve({ createServer, readinessPath });
    const { status, headers, text } = await ask(served);
    expect({ status, body: JSON.parse(text) }).toEqual({ status: 200, body: { ready: true } });
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'cache-control': 'no-store' });
    expect(headers).not.toHaveProperty('retry-after');
  });

  it('answers 503 as soon as the tenancy is drained, while calls still finish', async () => {
    const slow = new SlowCalls();
    const served = await serve({ createServer: slow.createServer, readinessPath });
    const client = await served.open();
    const answer = client.send({ body: callOf('slow') });
    await eventually(() => slow.begun === 1);
    const drained = served.tenancy.drain();
    const { status, headers, text } = await ask(served);
    expect({ status, body: JSON.parse(text) }).toEqual({ status: 503, body: { ready: false } });
    expect(headers).toMatchObject({ 'retry-after': '5', 'cache-control': 'no-store' });
    slow.finish();
    expect(JSON.parse((await answer).text)).toMatchObject({ result: {} });
    await drained;
    expect((await ask(served)).status).toBe(503);
  });

  it('answers 503 when the tenancy is closed', async () => {
    const served = await serve({ createServer, readinessPath });
    await served.tenancy.close();
    expect((await ask(served)).status).toBe(503);
  });

  it('asks for no token, no media type and no host name', async () => {
    const provider = tokens({ token: createServer });
    const { wire } = await serve({ provider, readinessPath, allowedHosts: ['mcp.example'] });
    const headers = { accept: undefined, host: '10.0.0.7', origin: 'https://elsewhere.example' };
    expect((await wire().send({ method: 'GET', path: `${readinessPath}?x=1`, headers })).status).toBe(200);
  });

  it('answers HEAD as GET, and nothing else', async () => {
    const served = await serve({ createServer, readinessPath });
    expect(await ask(served, 'HEAD')).toMatchObject({ status: 200, text: '' });
    expectRejection(await ask(served, 'POST'), 404, -32000, 'Not found');
    expectRejection(await ask(served, 'GET', `${readinessPath}/`), 404, -32000, 'Not found');
  });

  it('is a route for frameworks that route by themselves; and none where it is not given', async () => {
    const { tenancy } = await serve({ createServer, readinessPath });
    expect(tenancy.routes.map(({ method, path }) => [method, path])).toEqual([['GET', readinessPath]]);
    const without = await serve({ createServer });
    expect(without.tenancy.routes).toEqual([]);
    expect((await ask(without)).status).toBe(404);
  });
});
