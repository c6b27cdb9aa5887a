import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { findRedisServer } from './find-redis-server.ts';

/** A Redis of one's own. */
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

type RedisProcess = ChildProcessByStdio<null, Readable, null>;

/**
 * Starts a Redis on a free port of the loopback address, which keeps nothing. It ends with this process, if it is not stopped before. Rejects where there is none to
 * start.
 */
export async function startRedisServer(...options: string[]): Promise<RedisServer> {
  const program = findRedisServer();
  const port = await freePort();
  let directory = '';
  let child: RedisProcess | undefined;

  const end = () => {
    child?.kill('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  };
  const start = async () => {
    directory = mkdtempSync(join(tmpdir(), 'mcp-tenancy-redis-'));
    const place = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', directory];
    const args = [...place, '--save', '', '--appendonly', 'no', ...options];
    child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'] });
    process.once('exit', end);
    await ready(child);
  };
  const stop = async () => {
    const running = child?.exitCode === null && child.signalCode === null ? child : undefined;
    const exited = running && once(running, 'exit');
    running?.kill('SIGKILL');
    await exited;
    process.off('exit', end);
    end();
  };
  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    start,
    stop,
    pause: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
  };
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

/** What it prints after that is nobody's concern, but must not fill the pipe. */
async function ready({ stdout }: RedisProcess): Promise<void> {
  const said: string[] = [];
  for await (const line of createInterface({ input: stdout })) {
    said.push(line);
    if (line.includes('Ready to accept connections')) {
      stdout.resume();
      return;
    }
  }
  throw new Error(`redis-server has ended:\n${said.join('\n')}`);
}
