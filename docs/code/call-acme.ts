import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

const client = new Client({ name: 'my-client', version: '1.0.0' });
await client.connect(
  new StreamableHTTPClientTransport(new URL('http://127.0.0.1:3000/mcp'), {
    authProvider: { token: async () => 'token-of-acme' },
  }),
);
console.log(await client.callTool({ name: 'hello' }));
await client.close();
