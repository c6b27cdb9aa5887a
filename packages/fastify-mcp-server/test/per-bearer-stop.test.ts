import { PassThrough } from 'node:stream';
import { WireClient } from '@mcp-tenancy/testing';
import { expect, onTestFinished, test, vi } from 'vitest';
import { buildDemoServer } from './support/demo-server.ts';
import { perBearerServer } from './support/per-bearer.ts';

test('stop waits five seconds for a client that does not end its request, and no longer', async () => {
  const server = perBearerServer().addToken('t', () => buildDemoServer());
  const { url } = await server.start();
  const client = new WireClient(url, 't');
  await client.open();
  const body = new PassThrough();
  const unfinished = client.send({ body }).catch((error: NodeJS.ErrnoException) => error.code);
  body.write('{"jsonrpc":');
  await client.send({ body: client.request('ping') });
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  let stopped = false;
  const stopping = server.stop().then(() => {
    stopped = true;
  });

  await vi.advanceTimersByTimeAsync(4_900);
  expect(stopped).toBe(false);
  await vi.advanceTimersByTimeAsync(100);

  expect(await unfinished).toBe('ECONNRESET');
  await stopping;
});
