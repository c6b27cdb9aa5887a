import { TokenBasedServerProvider } from '@mcp-tenancy/core';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { describe, expect, it, vi } from 'vitest';
import { startFleet } from './support/fleet.ts';

function fleetOf() {
  return startFleet((name) => ({
    provider: new TokenBasedServerProvider({ 'token-a': () => buildServer(name), 'token-b': () => buildServer(name) }),
  }));
}

function buildServer(name: string) {
  const server = new McpServer({ name, version: '1.0.0' }, { capabilities: { logging: {}, tools: {} } });
  server.registerTool('where', {}, () => ({ content: [{ type: 'text', text: name }] }));
  return server;
}

const served = (response: unknown) => (response as { result: { content: [{ text: string }] } }).result.content[0].text;

describe('three processes behind a balancer that is not sticky', () => {
  it('serve a session by the process that has it', async () => {
    const { wire } = await fleetOf();
    const client = wire('token-a');
    expect((await client.open()).status).toBe(200);
    const places = new Set<string>();
    for (let n = 0; n < 6; n += 1) places.add(served(await client.call('tools/call', { name: 'where' })));
    expect(places.size).toBe(1);
    expect((await client.send({ method: 'DELETE' })).status).toBe(200);
    for (let n = 0; n < 3; n += 1) {
      expect((await client.send({ body: client.request('tools/list') })).status).toBe(404);
    }
  });

  it('carry notifications to streams on other processes', async () => {
    const { wire, members } = await fleetOf();
    const client = wire('token-a');
    await client.open();
    const stream = await client.listen();
    expect(stream.status).toBe(200);
    for (const { tenancy } of members)
      tenancy.notify({ sessionId: String(client.sessionId) }, { method: 'notifications/tools/list_changed' });
    for (let n = 0; n < 3; n += 1) await stream.events.message();
    await members[0].tenancy.revoke({ token: 'token-a' });
    await vi.waitFor(async () => expect(await stream.events.next()).toBeUndefined());
  });

  it('take over the sessions of a process that leaves', async () => {
    const { wire, members, balancer } = await fleetOf();
    const client = wire('token-a');
    await client.open();
    for (const member of members.slice(0, 2)) {
      balancer.targets.splice(balancer.targets.indexOf(member.url), 1);
      await member.leave();
      for (let n = 0; n < 3; n += 1)
        expect(served(await client.call('tools/call', { name: 'where' }))).not.toBe(member.name);
    }
  });
});
