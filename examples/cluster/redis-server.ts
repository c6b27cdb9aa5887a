import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';

/** A Redis to demonstrate with. */
export interface DemoRedis {
  readonly url: string;
  stop(): Promise<void>;
}

/** What a demo says that has no Redis. */
export class NoRedisError extends Error {
  constructor() {
    super('This demo needs a Redis: set REDIS_URL, or install redis-server (Debian: apt-get install redis-server)');
  }
}

/** The Redis that `REDIS_URL` names, or one that is started, and keeps nothing. Rejects with a {@link NoRedisError} where there is neither. */
export async function demoRedis(): Promise<DemoRedis> {
  const { REDIS_URL } = process.env;
  if (REDIS_URL) return { url: REDIS_URL, stop: async () => {} };
  const port = await freePort();
  const args = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--daemonize', 'no'];
  const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'ignore'] });
  await listening(child);
  return {
    url: `redis://127.0.0.1:${port}`,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill();
      await exited;
    },
  };
}

async function listening(child: ChildProcess): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  child.on('error', () => reject(new NoRedisError()));
  child.on('exit', () => reject(new Error('redis-server has ended')));
  if (child.stdout === null) throw new Error('redis-server says nothing');
  createInterface(child.stdout).on('line', (line) => {
    if (/ready to accept connections/i.test(line)) resolve();
  });
  await promise;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('There is no free port');
  return address.port;
}
