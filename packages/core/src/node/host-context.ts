import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import type { Principal } from '../identity/principal.ts';
import type { Logger } from '../logger.ts';
import type { AuthInfo } from '../protocol/auth-info.ts';

/** Node's request, with the verified token where middleware of the SDK leaves it. */
export type AuthenticatedMessage = IncomingMessage & { auth?: AuthInfo };

/** Headers as frameworks collect them. */
export type HostHeaders = Readonly<Record<string, number | string | string[] | undefined>>;

/** What a host knows of a request beside Node's own objects. */
export interface HostContext {
  /** The body, where the host has read it: as a JSON value, or as text or bytes that are still to be parsed. */
  readonly parsedBody?: unknown;
  /** Path and query as the client sent them, where the host has cut its mount path off `req.url`. */
  readonly url?: string;
  /** The body, where the host has put another stream in front of the request (decompression, say). */
  readonly body?: Readable | undefined;
  /** Headers that must be on every answer, streams and errors included (CORS, request ids …). */
  readonly headers?: HostHeaders;
  /** Names the caller, where the host has authenticated it: no token is asked for then. Throwing is a 500 for that request. */
  readonly principal?: () => Principal;
  /** The logger of this request. */
  readonly log?: Logger;
}
