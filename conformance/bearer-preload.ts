/**
 * Loaded into the suite with `--import`: it cannot send a bearer token by itself. Adds the token to every request to the server under
 * test, whatever client makes it (`fetch`, undici, `node:http`), and leaves all other headers alone (scenarios forge `Host` and
 * `Origin`).
 */
import { subscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';

/** What undici publishes, as far as it is needed here. */
interface RequestCreated {
  readonly request: { readonly origin: string | URL; addHeader(name: string, value: string): void };
}

/** What `node:http` publishes, before it sends anything. */
interface ClientRequestCreated {
  readonly request: ClientRequest;
}

const { CONFORMANCE_URL, CONFORMANCE_TOKEN } = process.env;
if (!CONFORMANCE_URL || !CONFORMANCE_TOKEN) throw new Error('CONFORMANCE_URL and CONFORMANCE_TOKEN must be set');
const { origin, host } = new URL(CONFORMANCE_URL);
const authorization = `Bearer ${CONFORMANCE_TOKEN}`;

subscribe('undici:request:create', (message) => {
  const { request } = message as RequestCreated;
  if (new URL(request.origin).origin === origin) request.addHeader('authorization', authorization);
});

subscribe('http.client.request.created', (message) => {
  const { request } = message as ClientRequestCreated;
  if (request.getHeader('host') === host) request.setHeader('authorization', authorization);
});
