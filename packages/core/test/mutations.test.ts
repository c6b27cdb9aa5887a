import { REVISION, type WireClient } from '@mcp-tenancy/testing';
import { array, assert, asyncProperty, constantFrom, tuple } from 'fast-check';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { type MutatedRequest, mutatedRequest, WILD_TOKEN } from './support/mutated-request.ts';
import { textOfLog } from './support/rejections.ts';
import { recordingLogger, type Served, said, serve, serverWith, textOf, tokens } from './support/tenancy-server.ts';

/** Requests at a time, and how many times. */
const AT_ONCE = 20;
const RUNS = 300;
const SEED = 20_251_125;
const DEADLINE_MS = 5_000;

function serveEcho(logger: ReturnType<typeof recordingLogger>): Promise<Served> {
  const createServer = () => {
    const server = serverWith({ hello: async () => said('hello') });
    server.registerTool('echo', { inputSchema: z.looseObject({}) }, async (args) => said(JSON.stringify(args)));
    return server;
  };
  const provider = tokens({ [WILD_TOKEN]: createServer, good: createServer });
  return serve({ provider, logger, sessions: { maxPerPrincipal: 50 } });
}

/** The status of a request; its answer is read to the end, but for the streams that have none. */
async function statusOf(client: WireClient, { headers, ...sent }: MutatedRequest): Promise<number> {
  const body = Buffer.from(sent.body, 'latin1');
  const { status, events, close } = await client.stream({
    ...sent,
    body,
    headers: { ...headers, 'content-length': String(body.length) },
    signal: AbortSignal.timeout(DEADLINE_MS),
  });
  if (sent.method === 'GET' && status === 200) close();
  else await events.rest();
  return status;
}

it(`${RUNS * AT_ONCE} mutated requests: each is answered in time and none is an internal error, and others are served on`, {
  timeout: 120_000,
}, async () => {
  const logger = recordingLogger();
  const served = await serveEcho(logger);
  const good = await served.open('good');
  const wild = [
    await served.open(WILD_TOKEN),
    await served.open(WILD_TOKEN, { protocolVersion: '2025-03-26' }),
    served.wire(WILD_TOKEN),
  ];
  const revive = async (client: WireClient) => {
    if (client.sessionId === undefined || (await served.tenancy.sessions.get(client.sessionId)) !== undefined) return;
    client.sessionId = undefined;
    await client.open({ protocolVersion: client === wild[0] ? REVISION : '2025-03-26' });
  };
  const statuses = new Map<number, number>();

  const send = async ([sent, who]: [MutatedRequest, WireClient]) => {
    const status = await statusOf(who, sent);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    expect(status).toBeLessThan(500);
  };
  const requests = array(tuple(mutatedRequest, constantFrom(...wild)), { minLength: AT_ONCE, maxLength: AT_ONCE });
  const property = asyncProperty(requests, async (sent) => {
    await Promise.all(wild.map(revive));
    await Promise.all(sent.map(send));
  });
  await assert(property, { numRuns: RUNS, seed: SEED });

  // A test that meets nothing but one refusal would prove little.
  for (const status of [200, 202, 400, 401, 403, 404, 405, 406, 415]) expect(statuses.get(status)).toBeGreaterThan(10);
  expect(textOf(await good.call('tools/call', { name: 'hello' }))).toBe('hello');
  const client = await served.connect('good');
  expect((await client.listTools()).tools).toHaveLength(2);
  expect(textOf(await client.callTool({ name: 'hello' }))).toBe('hello');
  expect(logger.lines.length).toBeGreaterThan(1_000);
  expect(logger.lines.filter(({ level }) => level === 'error')).toEqual([]);
  expect(textOfLog(logger.lines).includes(WILD_TOKEN)).toBe(false);
});
