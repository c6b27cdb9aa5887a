import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { RedisTokenProvider } from '@mcp-tenancy/redis';
import { type Balancer, startBalancer, WireClient } from '@mcp-tenancy/testing';
import { expect, onTestFinished } from 'vitest';
import { closing, newPrefix } from '../support/redis.ts';
import { patiently } from './calls.ts';
import { LEASE_MS } from './machine.ts';

/** The token that every process knows. */
const TOKEN = 'token-of-acme';

/** One process of a fleet. */
export interface FleetProcess {
  readonly name: string;
  /** Where it listens, without the path of the endpoint. */
  readonly origin: string;
  readonly child: ChildProcess;
  /** Settles when it has ended. */
  readonly ended: Promise<unknown>;
  /** What it has logged, or how much memory it has, bytes. */
  ask(question: 'log' | 'memory'): Promise<Record<string, unknown>>;
}

/** Real processes behind a balancer that goes round them. */
export interface FleetOfProcesses {
  readonly balancer: Balancer;
  readonly processes: FleetProcess[];
  readonly provider: RedisTokenProvider;
  /** Starts one more, and has the balancer go to it. */
  start(name: string): Promise<FleetProcess>;
  /** Has the balancer go to it no more. */
  takeOut(process: FleetProcess): void;
  wire(): WireClient;
}

/** Starts three processes on the Redis at `url`. They end with the test. */
export async function startProcesses(url: string): Promise<FleetOfProcesses> {
  const keyPrefix = newPrefix();
  const createServer = () => expect.fail('No server is asked for here');
  const provider = closing(new RedisTokenProvider({ url, keyPrefix, createServer }));
  await expect.poll(() => provider.addToken(TOKEN, { tenantId: 'acme' }).then(() => true)).toBe(true);
  const balancer = await startBalancer([]);
  onTestFinished(() => balancer.close());
  const processes: FleetProcess[] = [];
  const start = async (name: string) => {
    const env = { ...process.env, NAME: name, REDIS_URL: url, KEY_PREFIX: keyPrefix, LEASE_MS: String(LEASE_MS) };
    const started = await startProcess(name, env);
    processes.push(started);
    balancer.targets.push(started.origin);
    return started;
  };
  for (const name of ['one', 'two', 'three']) await start(name);
  return {
    balancer,
    processes,
    provider,
    start,
    takeOut: ({ origin }) => void balancer.targets.splice(balancer.targets.indexOf(origin), 1),
    wire: () => new WireClient(balancer.url, TOKEN),
  };
}

async function startProcess(name: string, env: NodeJS.ProcessEnv): Promise<FleetProcess> {
  const child = fork(new URL('member.ts', import.meta.url), { env, execArgv: ['--no-warnings'] });
  const ended = once(child, 'exit');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const ask = async (question: 'log' | 'memory') => {
    const answer = once(child, 'message');
    child.send(question);
    const [value] = await answer;
    return value as Record<string, unknown>;
  };
  const [message] = await Promise.race([once(child, 'message'), ended]);
  const { port } = Object(message);
  if (port === undefined) throw new Error(`The process ${name} did not start`);
  return { name, origin: `http://127.0.0.1:${port}`, child, ended, ask };
}

/** Opens sessions through the balancer, some at a time. */
export async function openSessions({ wire }: FleetOfProcesses, count: number): Promise<WireClient[]> {
  const clients = Array.from({ length: count }, wire);
  const waiting = [...clients];
  const open = async () => {
    for (let client = waiting.pop(); client !== undefined; client = waiting.pop()) {
      const { status, text } = await patiently(() => client.open());
      expect(status, text).toBe(200);
    }
  };
  await Promise.all(Array.from({ length: 16 }, open));
  return clients;
}
