import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type RedisServer, startRedisServer } from '@mcp-tenancy/testing';
import { afterAll, expect, test } from 'vitest';
import { callTool, connected } from '../../examples/test/connect.ts';
import { codeBlocksInPage } from '../../scripts/code-blocks-in-page.ts';
import { pagesWithCode } from '../../scripts/code-blocks-pages.ts';
import { portOf, runCode } from './support/run-code.ts';

const ROOT = join(import.meta.dirname, '../..');
const TOKEN = 'token-of-acme';

/** Servers, and what their tool `hello` says to the bearer of the token. */
const SERVERS = {
  'cluster.ts': 'Hello from acme',
  'fastify-app.ts': 'Hello from acme',
  'per-token.ts': 'Hello from acme',
  'readme-app.ts': 'Hello from acme',
  'readme-core.ts': 'Hello from acme',
  'readme-express.ts': 'Hello from acme',
  'readme-fastify-mcp-server.ts': 'Hello from acme',
  'readme-hono.ts': 'Hello from acme',
  'readme-host-express.ts': 'Hello from acme',
  'readme-host-fastify.ts': 'Hello from acme',
  'readme-host-hono.ts': 'Hello from acme',
  'readme-host-node.ts': 'Hello from acme',
  'readme-redis.ts': 'Hello from acme (pro)',
  'readme-sqlite.ts': 'Hello from acme',
};

/** Those of them that need a Redis. */
const ON_REDIS = ['cluster.ts', 'readme-redis.ts'];

/** Clients, the server that each is meant for, and what it prints. */
const CLIENTS = {
  'call-acme.ts': ['fastify-app.ts', 'Hello from acme'],
  'readme-hello-client.ts': ['readme-fastify-mcp-server.ts', 'Hello from acme'],
  'readme-quick-start-client.ts': ['readme-quick-start.ts', 'Hello Ada, from acme'],
} as const;

/** Programs that are server and client at once, and what they print. */
const PROGRAMS = { 'first-call.ts': 'Hello from acme' };

let redis: Promise<RedisServer> | undefined;

afterAll(async () => {
  const server = await redis;
  await server?.stop();
});

test.each(Object.entries(SERVERS))('the server %s answers a client', async (file, said) => {
  const server = runCode(file, ON_REDIS.includes(file) ? { REDIS_URL: await redisUrl() } : {});
  const client = await connected(`http://127.0.0.1:${await portOf(server)}/mcp`, TOKEN);

  expect(await callTool(client, 'hello')).toBe(said);
});

test.each(Object.entries(CLIENTS))('the client %s is answered, and ends', async (file, [serverFile, said]) => {
  const server = runCode(serverFile);
  const client = runCode(file, { SERVER_PORT: await portOf(server) });

  await client.printed(new RegExp(said));
  expect(await client.ended()).toMatchObject({ code: 0, stderr: '' });
});

test.each(Object.entries(PROGRAMS))('the program %s prints what it was answered', async (file, said) => {
  await runCode(file).printed(new RegExp(said));
});

test('every block that is a whole file is run here', () => {
  const served = Object.values(CLIENTS).map(([server]) => server);
  const run = new Set<string>([...[SERVERS, CLIENTS, PROGRAMS].flatMap(Object.keys), ...served]);

  expect(wholeFiles().filter((file) => !run.has(file))).toEqual([]);
});

/** `REDIS_URL`, or a Redis that ends with the tests of this file. */
async function redisUrl(): Promise<string> {
  if (process.env.REDIS_URL) return process.env.REDIS_URL;
  redis ??= startRedisServer();
  return (await redis).url;
}

/** The files of `docs/code` that a page shows as they are: those of `examples` are run by tests of their own. */
function wholeFiles(): string[] {
  const lines = pagesWithCode(ROOT).map((page) => readFileSync(join(ROOT, page), 'utf8').split('\n'));
  const markers = lines.flatMap((page) => codeBlocksInPage(page).map(({ marker }) => marker));
  const files = markers.map((marker) => /^docs\/code\/([^#]+)$/.exec(marker ?? '')?.[1]);
  return [...new Set(files)].filter((file) => file !== undefined);
}
