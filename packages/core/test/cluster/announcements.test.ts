import { digestToken } from '@mcp-tenancy/core';
import { McpServer } from '@modelcontextprotocol/server';
import { expect, it } from 'vitest';
import { callTool, listen } from '../modern/support/modern-wire.ts';
import { startFleet } from '../support/fleet.ts';
import { said, tokens } from '../support/tenancy-server.ts';

/** A server that tells of a change, and of what nobody can listen for. */
function changingServer(): McpServer {
  const server = new McpServer(
    { name: 'changing', version: '1.0.0' },
    { capabilities: { tools: { listChanged: true }, prompts: { listChanged: true }, logging: {} } },
  );
  server.registerTool('change', {}, async () => {
    await server.server.notification({ method: 'notifications/message', params: { level: 'info', data: 'changing' } });
    server.sendToolListChanged();
    return said('changed');
  });
  return server;
}

it('what a server announces reaches those who listen on other processes, of its own caller only', async () => {
  const provider = () => tokens({ a: changingServer, b: changingServer });
  const { members } = await startFleet(() => ({ provider: provider() }));
  const [one, two, three] = members;
  const own = await listen(two.wire('a'));
  const others = await listen(three.wire('b'));
  await callTool(one.wire('a'), 'change');
  expect(await own.events.message()).toMatchObject({ method: 'notifications/tools/list_changed' });
  one.tenancy.notify({ tenantId: digestToken('b') }, { method: 'notifications/prompts/list_changed' });
  expect(await others.events.message()).toMatchObject({ method: 'notifications/prompts/list_changed' });
});
