import { Client, StreamableHTTPClientTransport, type VersionNegotiationMode } from '@modelcontextprotocol/client';

/** What the user of the example clients answers to every question. */
const USER = { name: 'Ada' };

/**
 * A connected client of SDK v2. `'auto'` speaks 2026-07-28 where the server does and opens a session where it does not, `{ pin }` speaks that revision or
 * rejects, `'legacy'` opens a session.
 */
export async function connectClientV2(url: string, token: string, mode: VersionNegotiationMode): Promise<Client> {
  const client = new Client(
    { name: 'example-client-v2', version: '1.0.0' },
    { capabilities: { elicitation: {} }, versionNegotiation: { mode } },
  );
  client.setRequestHandler('elicitation/create', () => ({ action: 'accept', content: USER }));
  const headers = { Authorization: `Bearer ${token}` };
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }));
  return client;
}
