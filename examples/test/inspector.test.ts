import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { clientConfiguration } from '../client-configuration.ts';
import { start } from '../demo-per-bearer.ts';
import { runProgram } from './child-process.ts';
import { started } from './connect.ts';

const INSPECTOR = 'node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js';

test('npm run inspector: lists the tools of the first token', async () => {
  const { tools } = await inspect('scripts/inspector.mjs', ['--cli', '--method', 'tools/list']);

  expect(tools).toMatchObject([{ name: 'echo' }, { name: 'add' }]);
});

test('npm run inspector: calls a tool of another token', async () => {
  const env = { MCP_TOKEN: 'demo-data-token' };
  const args = ['--cli', '--method', 'tools/call', '--tool-name', 'find_orders', '--tool-arg', 'customer=Grace'];
  const { content } = await inspect('scripts/inspector.mjs', args, env);

  expect(content).toMatchObject([{ text: expect.stringContaining('A-2') }]);
});

test('npm run inspector: fails where the Inspector fails', async () => {
  const program = runProgram('scripts/inspector.mjs', {
    args: ['--cli', '--method', 'tools/list'],
    env: { MCP_TOKEN: 'unknown' },
  });

  const { code } = await program.ended();
  expect(code).not.toBe(0);
});

test('the Inspector reads the printed configuration as it is', async () => {
  const { url, tokens } = await started(start());
  const folder = await mkdtemp(join(tmpdir(), 'inspector-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'mcp.json');
  await writeFile(file, JSON.stringify(clientConfiguration(url, tokens).desktop));

  const from = ['--cli', '--config', file, '--server', 'data'];
  const { tools } = await inspect(INSPECTOR, [...from, '--method', 'tools/list']);
  expect(tools).toMatchObject([{ name: 'find_orders' }, { name: 'total_orders' }]);

  const call = ['--method', 'tools/call', '--tool-name', 'total_orders'];
  expect(await inspect(INSPECTOR, [...from, ...call])).toMatchObject({ structuredContent: { count: 3 } });
});

/** Runs the Inspector's CLI to its end; returns the JSON that it prints. */
async function inspect(file: string, args: string[], env: Record<string, string> = {}) {
  const { code, stdout, stderr } = await runProgram(file, { args, env }).ended();
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout);
}
