// Three processes behind a balancer that is not sticky, on one machine: one client's session goes on while each of them is restarted.
//   npm run demo:cluster          (with the Redis of REDIS_URL, or with a redis-server of its own; tells its story, and ends)
import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { RedisTokenProvider } from '@mcp-tenancy/redis';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import closeWithGrace from 'close-with-grace';
import { type Balancer, CHECK_MS, startBalancer } from './balancer.ts';
import { FleetProcess } from './fleet-process.ts';
import { READINESS_PATH, TAKEN_BY } from './process.ts';
import { demoRedis, NoRedisError } from './redis-server.ts';

const NAMES = ['one', 'two', 'three'];
/** ms between two calls of the client. */
const CALL_MS = 150;

/** What is to be ended, the last one first. */
const closers: (() => unknown | Promise<unknown>)[] = [];

async function closeAll(): Promise<void> {
  for (let close = closers.pop(); close !== undefined; close = closers.pop()) {
    try {
      await close();
    } catch (error) {
      console.error(error);
    }
  }
}

async function startFleet(env: Readonly<Record<string, string>>): Promise<FleetProcess[]> {
  const fleet = NAMES.map((name) => new FleetProcess(name, env));
  closers.push(() => Promise.all(fleet.map((member) => member.close())));
  await Promise.all(fleet.map((member) => member.start()));
  return fleet;
}

async function startBalancerOf(fleet: readonly FleetProcess[]): Promise<Balancer> {
  const targets = () => fleet.map(({ origin }) => origin).filter((origin) => origin !== undefined);
  const balancer = await startBalancer(targets, READINESS_PATH);
  closers.push(() => balancer.close());
  return balancer;
}

/** A token for the demo's tenant, told to all processes by one that serves nobody: an operator's. */
async function registerToken(url: string, keyPrefix: string): Promise<{ token: string; remove(): Promise<unknown> }> {
  const createServer = () => {
    throw new Error('This process serves nobody');
  };
  const provider = new RedisTokenProvider({ url, keyPrefix, createServer });
  closers.push(() => provider.close());
  const token = randomBytes(32).toString('base64url');
  await provider.addToken(token, { tenantId: 'acme' });
  const remove = () => provider.removeToken(token);
  closers.push(remove);
  return { token, remove };
}

/** A client of the SDK, that prints by which process each of its calls was taken and served. */
async function connectCaller(url: string, token: string) {
  let takenBy: string | null = null;
  const noting: typeof fetch = async (input, init) => {
    const response = await fetch(input, init);
    if (init?.method === 'POST') takenBy = response.headers.get(TAKEN_BY);
    return response;
  };
  const transport = new StreamableHTTPClientTransport(new URL(url), {
    requestInit: { headers: { Authorization: `Bearer ${token}` } },
    fetch: noting,
  });
  const client = new Client({ name: 'cluster-demo', version: '1.0.0' });
  await client.connect(transport);
  closers.push(() => client.close());
  let calls = 0;
  const call = async (): Promise<string> => {
    calls += 1;
    const begun = performance.now();
    const { content } = (await client.callTool({ name: 'served_by' })) as CallToolResult;
    const [first] = content;
    if (first?.type !== 'text') throw new Error('The call returned no text');
    printRow(calls, takenBy, first.text, Math.round(performance.now() - begun));
    return first.text;
  };
  return { client, call, count: () => calls, sessionId: () => transport.sessionId };
}

function printRow(number: number | string, takenBy: string | null, servedBy: string, ms: number | string): void {
  console.log(
    `${`${number}`.padStart(7)}   ${`${takenBy}`.padEnd(8)}   ${servedBy.padEnd(9)}   ${`${ms}`.padStart(4)}`,
  );
}

/** One process after the other is asked to end, and replaced when it has: beginning with the one that has the session. */
async function restartAll(fleet: readonly FleetProcess[], balancer: Balancer, first: string): Promise<void> {
  const inTurns = fleet.toSorted((a, b) => Number(b.name === first) - Number(a.name === first));
  for (const member of inTurns) {
    console.log(`--- ${member.name} is asked to end`);
    await member.stop();
    const origin = await member.start();
    while (!balancer.isReady(origin)) await setTimeout(CHECK_MS / 2);
    console.log(`--- ${member.name} is back`);
  }
}

/** What a client is told whose token is removed. Other processes hear of that a moment later. */
async function refusalOf(client: Client): Promise<string> {
  for (;;) {
    try {
      await client.listTools();
    } catch (error) {
      return String(error);
    }
  }
}

async function run(): Promise<void> {
  const redis = await demoRedis();
  closers.push(() => redis.stop());
  const keyPrefix = `mcp-tenancy-demo-${randomBytes(6).toString('hex')}:`;
  const { token, remove } = await registerToken(redis.url, keyPrefix);
  const closeDelayMs = `${3 * CHECK_MS}`;
  const fleet = await startFleet({ REDIS_URL: redis.url, KEY_PREFIX: keyPrefix, CLOSE_DELAY_MS: closeDelayMs });
  const balancer = await startBalancerOf(fleet);
  const { client, call, count, sessionId } = await connectCaller(`${balancer.origin}/mcp`, token);
  const opened = sessionId();
  console.log(`Session ${opened}, at a balancer in front of ${NAMES.join(', ')}\n`);

  printRow('request', 'taken by', 'served by', 'ms');
  let owner = '';
  for (let n = 0; n < 2 * NAMES.length; n += 1) owner = await call();
  let restarted = false;
  const restarting = restartAll(fleet, balancer, owner).finally(() => {
    restarted = true;
  });
  const calling = async () => {
    while (!restarted) await Promise.all([call(), setTimeout(CALL_MS)]);
  };
  await Promise.all([restarting, calling()]);
  for (let n = 0; n < NAMES.length; n += 1) await call();
  if (sessionId() !== opened) throw new Error('The session was lost');
  console.log(`\nEvery process is a new one, the session is the same, and none of its ${count()} calls failed`);

  await remove();
  console.log(`The token is removed, on all of them: ${await refusalOf(client)}`);
}

function explain(error: unknown): unknown {
  if (error instanceof NoRedisError) return error.message;
  const away = error instanceof Error && 'code' in error && error.code === 'store_unavailable';
  return away ? 'Redis does not answer: is REDIS_URL right?' : error;
}

let interrupted = false;
closeWithGrace(async ({ err }) => {
  interrupted = true;
  if (err) console.error(err);
  await closeAll();
});
try {
  await run();
  await closeAll();
} catch (error) {
  if (!interrupted) {
    console.error(explain(error));
    await closeAll();
    process.exit(1);
  }
}
