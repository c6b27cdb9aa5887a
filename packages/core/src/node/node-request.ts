import type { EndpointRequest } from '../handle-request.ts';
import type { Identity } from '../identity/authenticate.ts';
import { readPrincipal } from '../identity/principal.ts';
import type { Logger } from '../logger.ts';
import { parseBody } from '../request/read-messages.ts';
import type { RequestFacts } from '../request/request-facts.ts';
import type { AuthenticatedMessage, HostContext } from './host-context.ts';
import { assertBodySize, readBody } from './read-body.ts';

/** An {@link EndpointRequest} over Node's request, and what the host knows of it. */
export class NodeRequest implements EndpointRequest {
  readonly facts: RequestFacts;
  readonly connection: object;
  readonly fault: unknown;
  readonly logger: Logger;
  readonly #req: AuthenticatedMessage;
  readonly #host: HostContext;

  /** @param fault - what is wrong with what the host handed over, if anything; @param logger - where the host has none for this request. */
  constructor(req: AuthenticatedMessage, host: HostContext, fault: unknown, logger: Logger) {
    const { method = '', headers, socket } = req;
    this.facts = { method, url: host.url ?? req.url ?? '/', headers, localAddress: socket.localAddress };
    this.connection = socket;
    this.fault = fault ?? faultOf(host);
    this.logger = host.log ?? logger;
    this.#req = req;
    this.#host = host;
    // The body is read when the caller is known. Until then nobody listens, and an error that nobody hears would end the process.
    if (this.fault === undefined) host.body?.on('error', () => {});
  }

  identity(): Identity | undefined {
    const { principal } = this.#host;
    if (principal === undefined) return undefined;
    const { auth } = this.#req;
    return { principal: readPrincipal(principal(), 'principal'), ...(auth && { authInfo: auth }) };
  }

  readBody(maxBytes: number): unknown {
    const declaredBytes = Number(this.facts.headers['content-length'] ?? 0);
    assertBodySize(declaredBytes, maxBytes);
    const { parsedBody, body = this.#req } = this.#host;
    if (typeof parsedBody === 'string' || parsedBody instanceof Uint8Array) {
      const bytes = Buffer.from(parsedBody);
      assertBodySize(bytes.length, maxBytes);
      return parseBody(bytes);
    }
    if (parsedBody !== undefined) return parsedBody;
    const bytes = readBody(body, maxBytes, body === this.#req ? declaredBytes : 0);
    return bytes instanceof Promise ? bytes.then(parseBody) : parseBody(bytes);
  }

  onAuthenticated({ authInfo }: Identity): void {
    if (authInfo !== undefined) this.#req.auth = authInfo;
  }
}

function faultOf({ body }: HostContext): unknown {
  if (body === undefined || typeof body?.on === 'function') return undefined;
  return new TypeError('The host must give the body as a stream, or as parsedBody');
}
