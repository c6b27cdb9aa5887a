import { expect, test } from 'vitest';
import type { ClientConfiguration } from '../client-configuration.ts';
import { start } from '../onboarding-endpoint.ts';
import { callTool, connected, started, unauthorized } from './connect.ts';

interface Onboarded {
  readonly token: string;
  readonly configuration: ClientConfiguration;
}

type Service = Awaited<ReturnType<typeof start>>;

test('a new customer gets a configuration that works as it is', async () => {
  const service = await started(start());
  const response = await addCustomer(service, 'acme');

  expect(response.status).toBe(201);
  expect(response.headers.get('cache-control')).toBe('no-store');
  const { token, configuration } = (await response.json()) as Onboarded;
  const entry = { type: 'http', url: service.url, headers: { Authorization: `Bearer ${token}` } };
  expect(configuration).toEqual({ desktop: { mcpServers: { acme: entry } }, vscode: { servers: { acme: entry } } });
  expect(await callTool(await connected(entry.url, token), 'who_am_i')).toBe('acme');
});

test('the configuration names the public URL, whatever Host a request claims', async () => {
  const service = await started(start({ publicUrl: 'https://mcp.example.com' }));

  const { configuration } = (await (await addCustomer(service, 'acme')).json()) as Onboarded;
  expect(configuration.vscode.servers.acme?.url).toBe('https://mcp.example.com/mcp');
});

test('a customer that is removed is out at once', async () => {
  const service = await started(start());
  const { token } = (await (await addCustomer(service, 'acme')).json()) as Onboarded;
  const client = await connected(service.url, token);

  expect((await removeCustomer(service, 'acme')).status).toBe(204);
  await expect(client.listTools()).rejects.toMatchObject(unauthorized);
  expect((await removeCustomer(service, 'acme')).status).toBe(404);
});

test('only the operator adds customers, each once, with a proper name', async () => {
  const service = await started(start());

  expect((await addCustomer({ ...service, operatorKey: 'wrong' }, 'acme')).status).toBe(401);
  expect((await addCustomer(service, 'Not a name')).status).toBe(400);
  expect((await addCustomer(service, 'acme')).status).toBe(201);
  expect((await addCustomer(service, 'acme')).status).toBe(409);
});

function addCustomer({ origin, operatorKey }: Service, name: string): Promise<Response> {
  return fetch(`${origin}/customers`, {
    method: 'POST',
    headers: { authorization: `Bearer ${operatorKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name }),
  });
}

function removeCustomer({ origin, operatorKey }: Service, name: string): Promise<Response> {
  return fetch(`${origin}/customers/${name}`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${operatorKey}` },
  });
}
