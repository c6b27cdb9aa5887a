/** What an error looks like on the wire: an HTTP status and the JSON-RPC error code in its body. */
interface ErrorRow {
  readonly status: number;
  /** Absent where the body is an OAuth error (RFC 6750) and not a JSON-RPC one. */
  readonly rpcCode?: number;
}

const RETRY_AFTER_MS = 5_000;

const LIMIT_MESSAGES = {
  session_limit: 'Too many sessions',
  process_session_limit: 'Too many sessions on this server',
  stream_limit: 'Too many open streams',
  call_limit: 'Too many calls in flight',
  rate_limit: 'Too many requests',
};

/** The one table from error codes to HTTP and JSON-RPC. */
const ERRORS = {
  invalid_token: { status: 401 },
  insufficient_scope: { status: 403 },
  oauth_error: { status: 400 },
  server_error: { status: 500 },
  host_not_allowed: { status: 403, rpcCode: -32000 },
  origin_not_allowed: { status: 403, rpcCode: -32000 },
  method_not_allowed: { status: 405, rpcCode: -32000 },
  not_found: { status: 404, rpcCode: -32000 },
  not_acceptable: { status: 406, rpcCode: -32000 },
  unsupported_media_type: { status: 415, rpcCode: -32000 },
  payload_too_large: { status: 413, rpcCode: -32000 },
  parse_error: { status: 400, rpcCode: -32700 },
  invalid_request: { status: 400, rpcCode: -32600 },
  invalid_params: { status: 400, rpcCode: -32602 },
  session_required: { status: 400, rpcCode: -32000 },
  session_not_found: { status: 404, rpcCode: -32001 },
  unsupported_protocol_version: { status: 400, rpcCode: -32000 },
  unsupported_revision: { status: 400, rpcCode: -32022 },
  header_mismatch: { status: 400, rpcCode: -32020 },
  client_capability_required: { status: 400, rpcCode: -32021 },
  method_not_found: { status: 404, rpcCode: -32601 },
  invalid_event_id: { status: 400, rpcCode: -32000 },
  unknown_tenant: { status: 403, rpcCode: -32000 },
  session_limit: { status: 429, rpcCode: -32000 },
  process_session_limit: { status: 503, rpcCode: -32000 },
  stream_limit: { status: 429, rpcCode: -32000 },
  call_limit: { status: 429, rpcCode: -32000 },
  rate_limit: { status: 429, rpcCode: -32000 },
  shutting_down: { status: 503, rpcCode: -32000 },
  store_unavailable: { status: 503, rpcCode: -32000 },
  unavailable: { status: 503, rpcCode: -32000 },
  server_unavailable: { status: 500, rpcCode: -32603 },
  internal_error: { status: 500, rpcCode: -32603 },
} as const satisfies Record<string, ErrorRow>;

/** Every reason for which a request can be refused. The set is closed: switch over it without a default. */
export type TenancyErrorCode = keyof typeof ERRORS;

/** What a {@link TenancyError} carries beside its code and message. */
export interface TenancyErrorOptions {
  /** The reason, for the log only: it never reaches a client. */
  readonly cause?: unknown;
  /** Response headers, names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** `error.data` of the JSON-RPC body. */
  readonly data?: unknown;
  /** The request that the JSON-RPC body answers. Default: `null`, the body answers the HTTP request as a whole. */
  readonly requestId?: string | number;
  /** The OAuth error code of the body, where it is not the code itself. */
  readonly oauthCode?: string;
}

/**
 * A refused request, as a value: thrown by the steps of a request and turned into one response at the end of its path.
 * The message is meant for the client and holds no secret; `cause` is meant for the log.
 */
export class TenancyError extends Error {
  override readonly name = 'TenancyError';
  readonly code: TenancyErrorCode;
  readonly headers: Readonly<Record<string, string>>;
  readonly #options: TenancyErrorOptions;

  constructor(code: TenancyErrorCode, message: string, options: TenancyErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.headers = options.headers ?? {};
    this.#options = options;
  }

  /** The HTTP status of the answer. */
  get status(): number {
    return ERRORS[this.code].status;
  }

  /** The JSON-RPC code of an answer that is one. */
  get rpcCode(): number {
    const { rpcCode = -32000 }: ErrorRow = ERRORS[this.code];
    return rpcCode;
  }

  /** The body of the answer: a JSON-RPC error response, or an OAuth error object (RFC 6750) where authentication failed. */
  get body(): string {
    const { rpcCode }: ErrorRow = ERRORS[this.code];
    const { data, requestId = null, oauthCode = this.code } = this.#options;
    if (rpcCode === undefined) return JSON.stringify({ error: oauthCode, error_description: this.message });
    const error = { code: rpcCode, message: this.message, ...(data !== undefined && { data }) };
    return JSON.stringify({ jsonrpc: '2.0', error, id: requestId });
  }

  /** The same error as the answer to one request, where the server failed at it; every other concerns the whole exchange. */
  answering(requestId: string | number | undefined): TenancyError {
    if (requestId === undefined || this.status !== 500) return this;
    return new TenancyError(this.code, this.message, { ...this.#options, requestId });
  }
}

/** The refusal that any thrown value amounts to: a {@link TenancyError} is itself, everything else is an internal error. */
export function tenancyErrorFrom(thrown: unknown): TenancyError {
  if (thrown instanceof TenancyError) return thrown;
  return new TenancyError('internal_error', 'Internal error', { cause: thrown });
}

/** The refusal of a session that is unknown, ended or somebody else's: one answer, so that nobody can tell which. */
export function sessionNotFound(cause?: unknown): TenancyError {
  return new TenancyError('session_not_found', 'Session not found', cause === undefined ? {} : { cause });
}

/** The refusal of a client whose tenant, or whose process, has reached a limit: it names the limit. */
export function limitReached(
  code: 'session_limit' | 'process_session_limit' | 'stream_limit' | 'call_limit' | 'rate_limit',
  { name, value, retryAfterMs = RETRY_AFTER_MS }: { name: string; value: number; retryAfterMs?: number },
): TenancyError {
  const headers = { 'retry-after': seconds(retryAfterMs) };
  return new TenancyError(code, `${LIMIT_MESSAGES[code]}: ${name} is ${value}`, { headers, data: { limit: name } });
}

/** The refusal of a client that may come back in a moment, to this process or another. */
export function shuttingDown(): TenancyError {
  return new TenancyError('shutting_down', 'Server is shutting down', {
    headers: { 'retry-after': seconds(RETRY_AFTER_MS) },
  });
}

/** The refusal of a client whose session may well be there: the store did not say. */
export function storeUnavailable(cause: unknown): TenancyError {
  return unavailable('store_unavailable', 'Sessions are not available at the moment', cause);
}

/** The refusal of a client of whom nobody can say who it is, or which server it has. */
export function temporarilyUnavailable(cause: UnavailableError): TenancyError {
  return unavailable('unavailable', 'Not available at the moment', cause);
}

function unavailable(code: 'store_unavailable' | 'unavailable', message: string, cause: unknown): TenancyError {
  return new TenancyError(code, message, { cause, headers: { 'retry-after': seconds(RETRY_AFTER_MS) } });
}

/**
 * To be thrown by a factory, or by a provider's `createServerForToken`, for a tenant that is not served, or not any more: a new session is refused with
 * a 403, and one that went on until now ends with a 404. Its message is for the log.
 */
export class UnknownTenantError extends Error {
  override readonly name = 'UnknownTenantError';
}

/**
 * To be thrown by a verifier, a provider or a factory that cannot reach what it has to ask: a 503 that says when to come back, and never a 401 that makes a
 * client forget its token. Its message is for the log.
 */
export class UnavailableError extends Error {
  override readonly name = 'UnavailableError';
}

/** The refusal of a client whose server cannot be had. */
export function serverUnavailable(cause: unknown): TenancyError {
  return new TenancyError('server_unavailable', 'Internal error: the MCP server could not be created', { cause });
}

/** For a rejection that somebody else tells of. */
export function unheard(): undefined {
  return undefined;
}

/** Any thrown value as an error. */
export function errorFrom(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

/** A `Retry-After` of whole seconds, at least one. */
function seconds(ms: number): string {
  return String(Math.max(Math.ceil(ms / 1_000), 1));
}
