import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { startBalancer, startRedisServer } from '@mcp-tenancy/testing';
import type { Host } from './host.ts';

/** ms that a process may take to end sessions and streams. */
const CLOSE_TIMEOUT_MS = 10_000;

/** Three processes that share a Redis, and a balancer that gives each request to the next one, whatever its session. */
export const fleetHost: Host = {
  name: 'fleet',
  async listen({ name }, token) {
    await using starting = new AsyncDisposableStack();
    const env = {
      ...process.env,
      CONFORMANCE_SERVER: name,
      CONFORMANCE_TOKEN: token,
      REDIS_URL: process.env.REDIS_URL ?? (await startRedis(starting)),
      REDIS_KEY_PREFIX: `conformance-${randomUUID()}:`,
      REQUEST_STATE_KEY: randomBytes(32).toString('base64'),
    };
    const processes = [startProcess(env, starting), startProcess(env, starting), startProcess(env, starting)];
    const balancer = await startBalancer(await Promise.all(processes));
    starting.defer(() => balancer.close());
    const running = starting.move();
    return { url: balancer.url, close: () => running.disposeAsync() };
  },
};

async function startRedis(starting: AsyncDisposableStack): Promise<string> {
  const { url, stop } = await startRedisServer();
  starting.defer(stop);
  return url;
}

/** Starts a process of the fleet, which ends with this one. Settles with its URL. */
async function startProcess(env: NodeJS.ProcessEnv, starting: AsyncDisposableStack): Promise<string> {
  const child = fork(new URL('fleet-process.ts', import.meta.url), { env });
  const ended = once(child, 'exit');
  starting.defer(() => end(child, ended));
  const [url] = await Promise.race([once(child, 'message'), ended]);
  if (typeof url !== 'string') throw new Error('A process of the fleet has ended before it listened');
  return url;
}

async function end(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  if (child.connected) child.disconnect();
  const timer = setTimeout(() => child.kill('SIGKILL'), CLOSE_TIMEOUT_MS);
  await ended;
  clearTimeout(timer);
}
