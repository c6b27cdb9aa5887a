import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterAll } from 'vitest';
import { findRedisServer } from './find-redis-server.ts';

/** A Redis of the tests' own. */
export interface RedisServer {
  readonly url: string;
  /** Ends it, without warning. */
  stop(): Promise<void>;
  /** Starts it again where it was, empty. */
  start(): Promise<void>;
  /** Has it answer nothing, and answer again. */
  pause(): void;
  resume(): void;
}

/** How those that were started in this file are stopped. */
const running = new Set<() => Promise<void>>();

afterAll(async () => {
  for (const stop of running) await stop();
});

/** Starts a Redis on a free port, which keeps nothing. */
export async function startRedisServer(...options: string[]): Promise<RedisServer> {
  const program = findRedisServer();
  const directory = mkdtempSync(join(tmpdir(), 'mcp-tenancy-redis-'));
  const port = await freePort();
  const url = `redis://127.0.0.1:${port}`;
  let child: ChildProcess | undefined;

  const start = async () => {
    const args = [
      '--port',
      `${port}`,
      '--bind',
      '127.0.0.1',
      '--dir',
      directory,
      '--save',
      '',
      '--appendonly',
      'no',
      ...options,
    ];
    child = spawn(program, args, { stdio: 'ignore' });
    await answering(url, child);
  };
  const stop = async () => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  };
  await start();
  running.add(async () => {
    await stop();
    rmSync(directory, { recursive: true, force: true });
  });
  return { url, start, stop, pause: () => void child?.kill('SIGSTOP'), resume: () => void child?.kill('SIGCONT') };
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

async function answering(url: string, child: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    if (child.exitCode !== null) throw new Error(`redis-server ended with code ${child.exitCode}`);
    const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null });
    redis.on('error', () => undefined);
    const answer = await redis.ping().catch(() => undefined);
    redis.disconnect();
    if (answer === 'PONG') return;
    await wait(25);
  }
  throw new Error('redis-server does not answer');
}
