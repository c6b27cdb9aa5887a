import { once } from 'node:events';
import { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { RequestHandler } from 'express';
import express from 'express';
import { describe, expect, test } from 'vitest';
import { INITIALIZE, PING, serve } from './support/serve.ts';

const MAX_BYTES = 10_000;
const ANY = { type: () => true, limit: '1mb' };
const PARSERS: [string, RequestHandler[]][] = [
  ['no parser', []],
  ['express.json()', [express.json({ limit: '1mb' })]],
  ['express.json() for any type and value', [express.json({ ...ANY, strict: false })]],
  ["express.text({ type: '*/*' })", [express.text({ ...ANY, type: '*/*' })]],
  ["express.raw({ type: '*/*' })", [express.raw({ ...ANY, type: '*/*' })]],
  ['express.urlencoded()', [express.urlencoded({ extended: true })]],
  ['one parser after the other', [express.json(), express.text(), express.urlencoded()]],
];
/** Those that leave it to the tenancy to parse. */
const UNPARSED = PARSERS.filter(([name]) => !name.includes('json') && !name.includes('one parser'));

describe.each(PARSERS)('behind %s', (_name, parsers) => {
  const serveBehind = (options = {}) =>
    serve({ maxBodyBytes: MAX_BYTES, ...options }, (app) => {
      for (const parser of parsers) app.use(parser);
    });

  test('a session: initialize, call, notification, batch, stream, DELETE', async () => {
    const { client, errors } = await serveBehind();
    expect((await client.open({ protocolVersion: '2025-03-26' })).status).toBe(200);
    const text = 'grüß Gott 🦉';
    const called = await client.call('tools/call', { name: 'echo', arguments: { text } });
    expect(called).toMatchObject({ result: { content: [{ text }] } });
    expect((await client.send({ body: { jsonrpc: '2.0', method: 'notifications/x' } })).status).toBe(202);
    expect((await client.send({ body: [PING] })).status).toBe(200);
    const { status, close } = await client.listen();
    expect(status).toBe(200);
    close();
    expect((await client.send({ method: 'DELETE' })).status).toBe(200);
    expect(errors).toEqual([]);
  });

  test('a body in chunks', async () => {
    const { client } = await serveBehind();
    expect(
      (await client.send({ body: Readable.from(['{"jsonrpc"', JSON.stringify(INITIALIZE).slice(10)]) })).status,
    ).toBe(200);
  });

  test('a body that is no message, and an empty one', async () => {
    const { client, errors } = await serveBehind();
    for (const body of ['{}', '[]']) {
      const { status, text } = await client.send({ body });
      expect([status, JSON.parse(text).error.message]).toEqual([400, 'Parse error: Invalid JSON-RPC message']);
    }
    expect((await client.send({ body: '' })).status).toBe(400);
    expect(errors).toEqual([]);
  });

  test('a body over the tenancy’s limit, declared', async () => {
    const { client } = await serveBehind();
    const { status, text } = await client.send({ body: JSON.stringify(PING).padEnd(MAX_BYTES + 1) });
    expect([status, JSON.parse(text).error.code]).toEqual([413, -32000]);
  });

  test('a caller without a token gets the challenge', async () => {
    const verifier = { verifyAccessToken: () => Promise.reject(new Error('never')) };
    const { client } = await serveBehind({ verifier });
    const { status, headers } = await client.send({ body: PING });
    expect([status, headers['www-authenticate']]).toEqual([
      401,
      expect.stringMatching(/^Bearer error="invalid_token"/),
    ]);
  });
});

describe.each(UNPARSED)('behind %s', (_name, parsers) => {
  const serveBehind = () =>
    serve({ maxBodyBytes: MAX_BYTES }, (app) => {
      for (const parser of parsers) app.use(parser);
    });

  test('a body that is not JSON is refused by the tenancy', async () => {
    const { client, errors } = await serveBehind();
    const { status, text } = await client.send({ body: '{' });
    expect([status, JSON.parse(text).error]).toEqual([400, { code: -32700, message: 'Parse error: Invalid JSON' }]);
    expect(errors).toEqual([]);
  });

  test('a body over the tenancy’s limit, in chunks', async () => {
    const { client } = await serveBehind();
    const body = Readable.from([JSON.stringify(PING).padEnd(9_000), ' '.repeat(9_000)]);
    expect((await client.send({ body })).status).toBe(413);
  });
});

describe('what a parser refuses', () => {
  test('is the app’s to answer: bad JSON, and a body over the parser’s limit', async () => {
    const { client, errors } = await serve({}, (app) => app.use(express.json({ limit: 100 })));
    expect((await client.send({ body: '{' })).status).toBe(400);
    expect((await client.send({ body: JSON.stringify(PING).padEnd(200) })).status).toBe(413);
    expect(errors).toMatchObject([{ type: 'entity.parse.failed' }, { type: 'entity.too.large' }]);
  });
});

test('a body that a parser has decompressed', async () => {
  const { client } = await serve({}, (app) => app.use(express.json()));
  const body = gzipSync(JSON.stringify(INITIALIZE));
  expect((await client.send({ body, headers: { 'content-encoding': 'gzip' } })).status).toBe(200);
});

test('a body that something has read and not left on the request is refused, not waited for', {
  timeout: 5_000,
}, async () => {
  const { client } = await serve({}, (app) =>
    app.use(async (req, _res, next) => {
      req.resume();
      await once(req, 'end');
      await turn();
      next();
    }),
  );
  expect((await client.send({ body: INITIALIZE, signal: AbortSignal.timeout(2_000) })).status).toBe(400);
});

test('mounted before a parser, it reads the body itself', async () => {
  const { client, errors } = await serve({}, undefined, (app) => app.use(express.json()));
  expect((await client.send({ body: '{' })).status).toBe(400);
  expect(errors).toEqual([]);
  expect((await client.open()).status).toBe(200);
});
