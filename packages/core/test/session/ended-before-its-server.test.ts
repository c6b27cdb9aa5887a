import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { expect, it } from 'vitest';
import { ControlledStore } from '../support/controlled-store.ts';
import { gate, serve, tokens } from '../support/tenancy-server.ts';

it('a session that is ended before its server is asked for does not wait for the server', async () => {
  const store = new ControlledStore();
  const [counting, counted] = [gate(), gate()];
  store.before = (operation) => {
    if (operation !== 'count') return undefined;
    counting.open();
    return counted.opened;
  };
  const provider = tokens({ token: () => new Promise<McpServer>(() => {}) });
  const { wire, tenancy } = await serve({ provider, sessions: { store } });

  const answer = wire('token').open();
  await counting.opened;
  provider.removeToken('token');
  counted.open();

  expect((await answer).status).toBe(401);
  expect(tenancy.stats()).toMatchObject({ activeSessions: 0, liveSessions: 0 });
});
