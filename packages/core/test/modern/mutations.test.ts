import type { WireRequest } from '@mcp-tenancy/testing';
import { array, assert, asyncProperty } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { textOfLog } from '../support/rejections.ts';
import { eventually, recordingLogger, serve, textOf, tokens } from '../support/tenancy-server.ts';
import { callTool, connectModern } from './support/modern-wire.ts';
import { mutatedModernRequest } from './support/mutated-modern-request.ts';
import { wildServer } from './support/wild-server.ts';

/** Requests at a time, and how many times. */
const AT_ONCE = 20;
const RUNS = 150;
const SEED = 20_260_728;
const DEADLINE_MS = 5_000;
const WILD_TOKEN = 's3cret-of-the-wild-client';

describe.each(['pooled', 'per-request'] as const)('%s', (modern) => {
  it(`${RUNS * AT_ONCE} mutated requests: each is answered in time and none is an internal error, and others are served on`, {
    timeout: 120_000,
  }, async () => {
    const logger = recordingLogger();
    const provider = tokens({ [WILD_TOKEN]: wildServer, good: wildServer });
    const served = await serve({ provider, logger, modern });
    const good = await connectModern(served.url, 'good');
    const statuses = new Map<number, number>();

    const send = async (request: WireRequest) => {
      const signal = AbortSignal.timeout(DEADLINE_MS);
      const headers = { ...request.headers, 'content-length': String(Buffer.byteLength(String(request.body))) };
      const { status, events, close } = await served.wire(WILD_TOKEN).stream({ ...request, headers, signal });
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      // What listens goes on for as long as its client likes.
      const listens = (await events.next())?.data?.includes('acknowledged');
      if (listens) close();
      else await events.rest();
      expect({ status: status < 500, request }).toEqual({ status: true, request });
    };
    const requests = array(mutatedModernRequest, { minLength: AT_ONCE, maxLength: AT_ONCE });
    const property = asyncProperty(requests, async (sent) => {
      await Promise.all(sent.map(send));
    });
    await assert(property, { numRuns: RUNS, seed: SEED });

    // A test that meets nothing but one refusal would prove little.
    for (const status of [200, 202, 400, 401, 403, 404, 405, 406, 415]) {
      expect({ status, times: statuses.get(status) }).toEqual({ status, times: expect.any(Number) });
    }
    expect(textOf(await good.callTool({ name: 'hello' }))).toBe('hello');
    expect(textOf((await callTool(served.wire(WILD_TOKEN), 'hello')).response)).toBe('hello');
    await eventually(() => served.tenancy.stats().listeners === 0);
    expect(served.tenancy.stats().pooledServers).toBe(modern === 'pooled' ? 2 : 0);
    expect(logger.lines.filter(({ level }) => level === 'error')).toEqual([]);
    expect(textOfLog(logger.lines).includes(WILD_TOKEN)).toBe(false);
  });
});
