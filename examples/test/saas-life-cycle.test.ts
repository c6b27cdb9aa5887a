import { expect, test } from 'vitest';
import { toolNames } from '../connect-client.ts';
import { start } from '../saas-life-cycle.ts';
import { runProgram } from './child-process.ts';
import { callTool, connected, started, toolsChanged, unauthorized } from './connect.ts';

test('a customer is onboarded, upgraded in its session and offboarded, unnoticed by the others', async () => {
  const { url, server, onboard, upgrade, offboard } = await started(start());
  const acme = await connected(url, onboard('acme', 'free'));
  const globex = await connected(url, onboard('globex', 'free'));
  const sessions = server.getActiveSessions().map(({ sessionId }) => sessionId);
  expect(await toolNames(acme)).toEqual(['search']);

  const announced = toolsChanged(acme);
  upgrade('acme', 'pro');
  await announced;
  expect(await toolNames(acme)).toEqual(['search', 'export', 'report']);
  expect(await callTool(acme, 'export', { question: 'all' })).toBe("export 'all' in the data of acme");
  expect(server.getActiveSessions().map(({ sessionId }) => sessionId)).toEqual(sessions);

  offboard('acme');
  await expect(acme.listTools()).rejects.toMatchObject(unauthorized);
  expect(await toolNames(globex)).toEqual(['search']);
});

test('there is one token for each customer, and none for a stranger', async () => {
  const { onboard, upgrade, offboard } = await started(start());
  onboard('acme', 'free');

  expect(() => onboard('acme', 'pro')).toThrow('acme is a customer already');
  expect(() => upgrade('globex', 'pro')).toThrow('globex is no customer');
  expect(() => offboard('globex')).toThrow('globex is no customer');
});

test('as a program it tells the story and ends', async () => {
  const { code, stdout } = await runProgram('examples/saas-life-cycle.ts').ended();

  expect(stdout).toContain("onboarded: acme is offered [ 'search' ]");
  expect(stdout).toContain("upgraded, in the same session: acme is offered [ 'search', 'export', 'report' ]");
  expect(stdout).toMatch(/offboarded: .*Invalid token/);
  expect(code).toBe(0);
});
