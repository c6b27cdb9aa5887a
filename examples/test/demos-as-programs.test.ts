import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import type { ClientConfiguration } from '../client-configuration.ts';
import { toolNames } from '../connect-client.ts';
import { type RunningProgram, runProgram } from './child-process.ts';
import { connected, unauthorized } from './connect.ts';

test('the per-bearer demo prints what clients need, and stops at a signal', async () => {
  const demo = runProgram('examples/demo-per-bearer.ts');
  const { desktop, vscode } = await printedConfiguration(demo);

  expect(Object.keys(desktop.mcpServers)).toEqual(['basic', 'data', 'admin']);
  expect(vscode.servers).toEqual(desktop.mcpServers);
  const toolsByServer = await Promise.all(Object.values(vscode.servers).map(toolsOf));
  expect(toolsByServer).toEqual([
    ['echo', 'add'],
    ['find_orders', 'total_orders'],
    ['server_stats', 'list_sessions'],
  ]);
  await demo.printed(/A client is connected to data-tools/);

  await expectGracefulStop(demo);
});

test('the simple demo prints what clients need, and stops at a signal', async () => {
  const demo = runProgram('examples/demo-simple.ts');
  const { desktop } = await printedConfiguration(demo);

  expect(Object.keys(desktop.mcpServers)).toEqual(['alice', 'bob']);
  for (const entry of Object.values(desktop.mcpServers)) {
    expect(await toolsOf(entry)).toEqual(['add_note', 'list_notes']);
  }

  await expectGracefulStop(demo);
});

test('the demo of runtime tokens plays its schedule, and stops at a signal', async () => {
  const demo = runProgram('examples/demo-runtime-tokens.ts', { env: { DEMO_STEP_MS: '20' } });
  const { desktop } = await printedConfiguration(demo);
  await demo.printed(/added: [\s\S]*updated: [\s\S]*removed: [\s\S]*The schedule is over/);

  const { first, second } = desktop.mcpServers;
  expect(await toolsOf(first)).toEqual(['greet', 'report']);
  await expect(toolsOf(second)).rejects.toMatchObject(unauthorized);

  await expectGracefulStop(demo);
});

test('a demo can be stopped in the middle of its schedule', async () => {
  const demo = runProgram('examples/demo-runtime-tokens.ts', { env: { DEMO_STEP_MS: '60000' } });
  await demo.printed(/The second token comes/);

  await expectGracefulStop(demo);
});

test('the development server asks for no token, and stops at a signal', async () => {
  const demo = runProgram('examples/dev-server.ts');
  const { vscode } = await printedConfiguration(demo);

  expect(vscode.servers['dev-server']).toEqual({ type: 'http', url: expect.stringMatching(/^http:.*\/mcp$/) });
  expect(await toolsOf(vscode.servers['dev-server'])).toEqual(['echo', 'add']);

  await expectGracefulStop(demo);
});

test.each([
  'both-eras',
  'production-service',
  'role-based-tools',
  'regional-servers',
  'oauth-protected-tools',
  'custom-token-providers',
  'host-fastify',
  'host-express',
  'host-hono',
  'host-node',
])('the example %s runs as a program too', async (name) => {
  const example = runProgram(`examples/${name}.ts`, { env: { CLOSE_DELAY_MS: '0' } });
  const { vscode } = await printedConfiguration(example);
  const [entry] = Object.values(vscode.servers);
  expect(await toolsOf(entry)).not.toEqual([]);

  await expectGracefulStop(example);
});

test('the onboarding endpoint runs as a program too', async () => {
  const example = runProgram('examples/onboarding-endpoint.ts');
  await example.printed(/curl -X POST http:\/\/127\.0\.0\.1:\d+\/customers/);

  await expectGracefulStop(example);
});

test.each([
  'demo-per-bearer',
  'demo-simple',
  'demo-runtime-tokens',
  'dev-server',
  'host-express',
  'host-hono',
  'host-node',
])('%s says what to do where its port is taken', async (name) => {
  const squatter = createServer();
  await new Promise<void>((resolve) => squatter.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void squatter.close());
  const { port } = squatter.address() as { port: number };

  const { code, stderr } = await runProgram(`examples/${name}.ts`, { env: { PORT: String(port) } }).ended();
  expect(stderr).toBe(`Port ${port} is taken: set PORT to another one, or to 0 for any free port\n`);
  expect(code).toBe(1);
});

test.each(['x', '-1', '65536', ''])('PORT=%j is refused by name', async (PORT) => {
  const { code, stderr } = await runProgram('examples/demo-simple.ts', { env: { PORT } }).ended();

  expect(stderr).toBe(`PORT must be a whole number from 0 to 65535, got '${PORT}'\n`);
  expect(code).toBe(1);
});

test.each(['0', 'soon'])('DEMO_STEP_MS=%j is refused by name', async (DEMO_STEP_MS) => {
  const { code, stderr } = await runProgram('examples/demo-runtime-tokens.ts', { env: { DEMO_STEP_MS } }).ended();

  expect(stderr).toBe(`DEMO_STEP_MS must be a whole number from 1 to 3600000, got '${DEMO_STEP_MS}'\n`);
  expect(code).toBe(1);
});

/** The configuration that a demo prints, in both forms. */
async function printedConfiguration(demo: RunningProgram): Promise<ClientConfiguration> {
  const [, url, desktop = '', vscode = ''] = await demo.printed(
    /URL: (\S+)\n[\s\S]*?Desktop clients:\n(\{\n[\s\S]*?\n\})\n[\s\S]*?VS Code[^\n]*:\n(\{\n[\s\S]*?\n\})\n/,
  );
  const configuration = { desktop: JSON.parse(desktop), vscode: JSON.parse(vscode) } as ClientConfiguration;
  for (const entry of Object.values(configuration.vscode.servers)) expect(entry).toMatchObject({ type: 'http', url });
  return configuration;
}

type Entry = ClientConfiguration['vscode']['servers'][string];

async function toolsOf(entry: Entry | undefined): Promise<string[]> {
  if (entry === undefined) throw new Error('There is no such entry');
  const token = entry.headers?.Authorization.replace('Bearer ', '');
  return toolNames(await connected(entry.url, token));
}

async function expectGracefulStop(demo: RunningProgram): Promise<void> {
  demo.terminate();
  expect(await demo.ended()).toMatchObject({ code: 0, stderr: '' });
}
