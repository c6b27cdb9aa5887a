import { createTenancy, type Tenancy, TokenBasedServerProvider } from '@mcp-tenancy/core';
import { buildBasicServer } from './demo-servers/basic-server.ts';
import { buildDataServer } from './demo-servers/data-server.ts';

/** The demo tokens of the hosts, by tenant. */
export const tokens = { acme: 'demo-acme-token', globex: 'demo-globex-token' };

/** Where the browser client of the demo comes from. */
export const browserOrigin = 'http://localhost:5173';

/** What scripts must be allowed to read of an answer: the session to go on with, and where to get a token. */
export const exposedHeaders = ['Mcp-Session-Id', 'WWW-Authenticate'];

/** The tenancy that each of the four hosts serves: it does not know which one. */
export function createDemoTenancy(): Tenancy {
  return createTenancy({
    provider: new TokenBasedServerProvider({
      [tokens.acme]: buildBasicServer,
      [tokens.globex]: buildDataServer,
    }),
  });
}
