import type { LimitOptions, TenantLimits } from '@mcp-tenancy/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { byToken, callOf, expectLimit, SlowCalls, sendBatch, WITH_BATCHES } from '../support/limits.ts';
import { textOfLog } from '../support/rejections.ts';
import { eventsOf, eventually, recordingLogger, serve, serverWith } from '../support/tenancy-server.ts';

const createServer = () => serverWith({});

/** Limits of tenants that can be changed. */
function changing(limits: LimitOptions = {}) {
  const own = new Map<string, unknown>();
  const forTenant = (tenantId: string) => {
    const value = own.get(tenantId);
    return (typeof value === 'function' ? value() : value) as TenantLimits | undefined;
  };
  return { own, limits: { ...limits, forTenant } };
}

describe('limits.forTenant', () => {
  it('is asked at every request of somebody who is known, by the name of the tenant', async () => {
    const asked: string[] = [];
    const forTenant = (tenantId: string) => void asked.push(tenantId);
    const { open, wire } = await serve({ ...byToken, createServer, limits: { forTenant } });
    const client = await open('acme.ann');
    await client.call('ping');
    (await client.listen()).close();
    await client.send({ method: 'DELETE' });
    await wire().send({ body: {} });
    await wire('globex.bob').send({ body: {} });
    expect(asked).toEqual([...Array(5).fill('acme'), 'globex']);
  });

  it('has nothing to say about a limit that it leaves out: that of all tenants holds', async () => {
    const { own, limits } = changing({ maxCalls: 2, maxStreams: 1 });
    own.set('acme', { maxCalls: 1, maxStreams: undefined });
    const { open } = await serve({ ...byToken, createServer, limits });
    const [first, second] = [await open('acme.ann', WITH_BATCHES), await open('acme.ann')];
    expectLimit(await sendBatch(first, [callOf('x', 1), callOf('x', 2)]), 'maxCalls', 1);
    await first.listen();
    expect((await second.listen()).status).toBe(429);
    const other = await open('globex.bob', WITH_BATCHES);
    expect((await sendBatch(other, [callOf('x', 1), callOf('x', 2)])).status).toBe(200);
  });

  it('may change a limit, up and down, and it acts at once', async () => {
    const { own, limits } = changing();
    const { open } = await serve({ ...byToken, createServer, limits });
    const client = await open('acme.ann', WITH_BATCHES);
    const two = () => sendBatch(client, [callOf('x', 1), callOf('x', 2)]);
    expect((await two()).status).toBe(200);
    own.set('acme', { maxCalls: 1 });
    expectLimit(await two(), 'maxCalls', 1);
    own.set('acme', { maxCalls: 2 });
    expect((await two()).status).toBe(200);
    own.set('acme', { maxBodyBytes: 10 });
    expect((await two()).status).toBe(413);
    own.set('acme', { requestsPerSecond: 1 });
    expect([(await two()).status, (await two()).status]).toEqual([200, 429]);
    own.delete('acme');
    expect((await two()).status).toBe(200);
  });

  it('ends nothing that has begun when it lowers a limit', async () => {
    const slow = new SlowCalls();
    const { own, limits } = changing();
    const { open, tenancy } = await serve({ ...byToken, createServer: slow.createServer, limits });
    const clients = [await open('acme.ann'), await open('acme.ann')] as const;
    const answers = clients.map((client) => client.send({ body: callOf('slow') }));
    const streams = [await clients[0].listen(), await clients[1].listen()];
    await eventually(() => slow.begun === 2);
    own.set('acme', { maxCalls: 1, maxStreams: 1, callTimeoutMs: 1 });
    expectLimit(await clients[0].send({ body: callOf('quick') }), 'maxCalls', 1);
    tenancy.notify({}, { method: 'notifications/tools/list_changed' });
    for (const { events } of streams) expect(await events.message()).toBeDefined();
    slow.finish();
    expect((await Promise.all(answers)).map(({ text }) => JSON.parse(text).result)).toMatchObject([{}, {}]);
  });
});

/** What is wrong with it, and what the log must name. */
const NONSENSE: readonly (readonly [name: string, value: unknown, names: readonly string[]])[] = [
  ['null', null, ['forTenant', 'object']],
  ['a number', 7, ['forTenant', 'object']],
  ['text', 'unlimited', ['forTenant', 'object']],
  ['an array', [], ['forTenant', 'object']],
  ['a limit of 0', { maxCalls: 0 }, ['forTenant', 'maxCalls']],
  ['a limit of null', { maxStreams: null }, ['forTenant', 'maxStreams']],
  ['a limit in text', { requestsPerSecond: '5' }, ['forTenant', 'requestsPerSecond']],
  ['no limit, as a number', { maxSessions: Number.POSITIVE_INFINITY }, ['forTenant', 'maxSessions']],
  ['a fraction', { maxBodyBytes: 1.5 }, ['forTenant', 'maxBodyBytes']],
  ['a time that is too long for a timer', { callTimeoutMs: 2 ** 31 }, ['forTenant', 'callTimeoutMs']],
  ['a limit that is none', { maxCall: 1 }, ['forTenant', 'maxCall']],
  ['a function of its own within', { forTenant: () => ({}) }, ['forTenant']],
  ['a promise', Promise.resolve({ maxCalls: 1 }), ['forTenant']],
];

/** Everything that was logged as an error. */
function errorsOf(logger: ReturnType<typeof recordingLogger>): string {
  return textOfLog(logger.lines.filter(({ level }) => level === 'error'));
}

describe('limits.forTenant that fails', () => {
  it.each(NONSENSE)('by returning %s: a 500 for that request, and a line in the log', async (_name, value, names) => {
    const { own, limits } = changing();
    const logger = recordingLogger();
    const { open, tenancy } = await serve({ ...byToken, createServer, limits, logger });
    const [client, other] = [await open('acme.ann'), await open('globex.bob')];
    const rejections = eventsOf(tenancy, 'requestRejected');
    own.set('acme', value);
    const { status, text } = await client.send({ body: client.request('ping') });
    expect({ status, body: JSON.parse(text) }).toEqual({
      status: 500,
      body: { jsonrpc: '2.0', error: { code: -32603, message: 'Internal error' }, id: null },
    });
    for (const name of names) expect(errorsOf(logger)).toContain(name);
    expect(rejections).toEqual([{ status: 500, code: 'internal_error', tenantId: 'acme' }]);
    expect(await other.call('ping')).toMatchObject({ result: {} });
    own.delete('acme');
    expect(await client.call('ping')).toMatchObject({ result: {} });
  });

  it.each([
    ['throwing', new Error('secret cause')],
    ['throwing nothing', undefined],
    ['throwing null', null],
  ])('by %s: a 500 for that request, and a line in the log', async (_name, thrown) => {
    const slow = new SlowCalls();
    const { own, limits } = changing();
    const logger = recordingLogger();
    const { open, tenancy } = await serve({ ...byToken, createServer: slow.createServer, limits, logger });
    const client = await open('acme.ann');
    const { events } = await client.listen();
    const answer = client.send({ body: callOf('slow') });
    await eventually(() => slow.begun === 1);
    own.set('acme', () => {
      throw thrown;
    });
    const { status, text } = await client.send({ body: client.request('ping') });
    expect(status).toBe(500);
    expect(text).not.toContain('secret');
    expect(logger.lines.filter(({ level }) => level === 'error')).toHaveLength(1);
    if (thrown instanceof Error) expect(errorsOf(logger)).toContain('secret cause');
    expect((await client.send({ method: 'DELETE' })).status).toBe(500);
    slow.finish();
    expect(JSON.parse((await answer).text)).toMatchObject({ result: {} });
    tenancy.notify({}, { method: 'notifications/tools/list_changed' });
    expect(await events.message()).toBeDefined();
  });

  it('by rejecting: a 500 for that request, and the process goes on', async () => {
    const unhandled: unknown[] = [];
    const others = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection').on('unhandledRejection', (reason) => unhandled.push(reason));
    onTestFinished(() => {
      process.removeAllListeners('unhandledRejection');
      for (const listener of others) process.on('unhandledRejection', listener);
    });
    const { own, limits } = changing();
    const { open } = await serve({ ...byToken, createServer, limits });
    const client = await open('acme.ann');
    own.set('acme', () => Promise.reject(new Error('the database is gone')));
    const { status } = await client.send({ body: client.request('ping') });
    expect({ status, unhandled }).toEqual({ status: 500, unhandled: [] });
  });
});
