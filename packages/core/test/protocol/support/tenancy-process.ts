// A process of its own, in which one of the SDKs is not installed: `node tenancy-process.ts <missing> <installed>`.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { withoutPackage } from './without-package.ts';

const [missing = '', installed = ''] = process.argv.slice(2);
withoutPackage(missing);

const { createTenancy, sharedJsonSchemaValidator, TokenBasedServerProvider } = await import('../../../src/index.ts');
const { McpServer } = await import(installed);

const provider = new TokenBasedServerProvider({
  good: () => {
    const server = new McpServer({ name: 'only-one', version: '1.0.0' });
    server.registerTool('hello', {}, () => ({ content: [{ type: 'text', text: 'hello' }] }));
    return server;
  },
});
const protectedResourceOAuthMetadata = { resource: 'https://mcp.example/mcp' };

function refusalOf(options: object): string {
  try {
    createTenancy({ provider, ...options });
    return 'none';
  } catch (error) {
    return String(error);
  }
}

const refusals = {
  document: refusalOf({ oauth2: { protectedResourceOAuthMetadata: { resource: 5 } } }),
  pooled: refusalOf({ modern: 'pooled' }),
};
const tenancy = createTenancy({ provider, oauth2: { protectedResourceOAuthMetadata } });
const http = createServer(tenancy.handler).listen(0, '127.0.0.1');
await once(http, 'listening');
process.send?.({
  url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`,
  refusals,
  valid: sharedJsonSchemaValidator.getValidator({ type: 'number' })(5).valid,
  unknown: await provider.verifyAccessToken('bad').catch((error) => ({ ...error, message: error.message })),
});
process.once('disconnect', () => process.exit());
