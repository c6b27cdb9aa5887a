import { expect, onTestFinished, test } from 'vitest';
import { start } from '../per-bearer-token-complete.ts';
import { runProgram } from './child-process.ts';
import { callTool, connected, started, toolsChanged, unauthorized } from './connect.ts';

test('the operator manages customers while they are connected', async () => {
  const { url, operatorToken } = await started(start());
  const operator = await connected(url, operatorToken);

  const token = await callTool(operator, 'add_customer', { name: 'acme' });
  const acme = await connected(url, token);
  expect(await callTool(acme, 'greet')).toBe('Hello from acme');

  const announced = toolsChanged(acme);
  expect(await callTool(operator, 'update_customer', { name: 'acme', greeting: 'Servus' })).toBe('acme is updated');
  await announced;
  expect(await callTool(acme, 'greet')).toBe('Servus from acme');

  expect(await callTool(operator, 'remove_customer', { name: 'acme' })).toBe('acme is removed');
  await expect(acme.listTools()).rejects.toMatchObject(unauthorized);
  expect(JSON.parse(await callTool(operator, 'stats'))).toMatchObject({ registeredTokens: 1, activeSessions: 1 });
});

test('the operator is told what cannot be done', async () => {
  const { url, operatorToken } = await started(start());
  const operator = await connected(url, operatorToken);
  await callTool(operator, 'add_customer', { name: 'acme' });

  expect(await callTool(operator, 'add_customer', { name: 'acme' })).toBe('acme is a customer already');
  expect(await callTool(operator, 'update_customer', { name: 'globex' })).toBe('globex is no customer');
  expect(await callTool(operator, 'remove_customer', { name: 'globex' })).toBe('globex is no customer');
});

test('every event is logged, and no token', async () => {
  const lines: string[] = [];
  const { url, operatorToken, server, stop } = await start({ log: (line) => lines.push(line) });
  onTestFinished(() => (server.isRunning() ? stop() : undefined));
  const operator = await connected(url, operatorToken);
  const token = await callTool(operator, 'add_customer', { name: 'acme' });
  const acme = await connected(url, token);
  await callTool(operator, 'update_customer', { name: 'acme', greeting: 'Servus' });
  await callTool(acme, 'greet');
  await postMalformed(url, operatorToken, server.getActiveSessions()[0]?.sessionId);
  await callTool(operator, 'remove_customer', { name: 'acme' });
  await stop();

  const events = new Set(lines.map((line) => line.replace(/( at |:).*/, '')));
  expect(events).toEqual(
    new Set([
      'token added',
      'started',
      'server registered',
      'session created',
      'tool called',
      'token updated',
      'server updated',
      'transport error',
      'token removed',
      'server removed',
      'session ended',
      'stopped',
    ]),
  );
  expect(lines.join('\n')).not.toContain(token);
  expect(lines.join('\n')).not.toContain(operatorToken);
});

test('as a program it prints a configuration and stops at a signal', async () => {
  const program = runProgram('examples/per-bearer-token-complete.ts');
  const [, json = ''] = await program.printed(/For your client: (\{[\s\S]*\n\})/);
  expect(JSON.parse(json)).toMatchObject({ mcpServers: { operator: { type: 'http' } } });

  program.terminate();
  expect(await program.ended()).toMatchObject({ code: 0, stdout: expect.stringMatching(/stopped\n$/) });
});

async function postMalformed(url: string, token: string, sessionId = ''): Promise<void> {
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'mcp-session-id': sessionId,
  };
  await fetch(url, { method: 'POST', headers, body: '{"not":"a message"}' });
}
