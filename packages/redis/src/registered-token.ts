/** JSON that an operator keeps with a token: roles, a plan, a region. */
export type TokenData = Readonly<Record<string, unknown>>;

/** What a token stands for. */
export interface TokenOptions<Data extends TokenData = TokenData> {
  /** Whose server it talks to. */
  readonly tenantId: string;
  /** The caller within the tenant. Default: the digest of the token, so that each token is a caller of its own. */
  readonly subject?: string;
  /** Whatever the factory is to know, as JSON. Default: `{}`. */
  readonly data?: Data;
  /** Default: none. */
  readonly scopes?: readonly string[];
  /** Seconds since the epoch; the token is refused from then on, and forgotten. Default: never. */
  readonly expiresAt?: number;
}

/** A token as it is stored: by digest, the token itself nobody knows. */
export interface RegisteredToken<Data extends TokenData = TokenData> {
  /** `digestToken` of the token. */
  readonly tokenDigest: string;
  readonly tenantId: string;
  readonly subject: string;
  /** Frozen. */
  readonly data: Data;
  readonly scopes: readonly string[];
  /** Seconds since the epoch. */
  readonly expiresAt?: number;
}

/** A complete registration. Throws a `TypeError` that names what is wrong. */
export function readToken<Data extends TokenData>(
  tokenDigest: string,
  { tenantId, subject = tokenDigest, data, scopes = [], expiresAt }: TokenOptions<Data>,
): RegisteredToken<Data> {
  assertName('tenantId', tenantId);
  assertName('subject', subject);
  if (!Array.isArray(scopes) || !scopes.every(isName)) throw new TypeError('scopes must be non-empty strings');
  const whole = expiresAt === undefined || (Number.isSafeInteger(expiresAt) && expiresAt > 0);
  if (!whole) throw new TypeError('expiresAt must be whole seconds since the epoch');
  return {
    tokenDigest,
    tenantId,
    subject,
    data: readData(data),
    scopes: [...scopes],
    ...(expiresAt !== undefined && { expiresAt }),
  };
}

/** A registration as text. */
export function textFromToken({ tokenDigest: _, ...registered }: RegisteredToken): string {
  return JSON.stringify(registered);
}

/** The registration that a text is. */
export function tokenFromText<Data extends TokenData>(tokenDigest: string, text: string): RegisteredToken<Data> {
  return frozen({ ...JSON.parse(text), tokenDigest });
}

/** Throws a `TypeError` for what no client can send (RFC 6750). */
export function assertToken(token: unknown): asserts token is string {
  if (typeof token === 'string' && /^[\x21-\x7e]+$/.test(token)) return;
  throw new TypeError('token must be a non-empty string of visible ASCII characters (RFC 6750)');
}

/** As it will come back from Redis: what JSON cannot say is missed at once. */
function readData<Data extends TokenData>(data: Data | undefined): Data {
  const copy = JSON.parse(JSON.stringify(data ?? {}) ?? 'null');
  if (typeof copy === 'object' && copy !== null && !Array.isArray(copy)) return copy;
  throw new TypeError('data must be an object of JSON');
}

function assertName(option: string, value: unknown): void {
  if (!isName(value)) throw new TypeError(`${option} must be a non-empty string`);
}

function isName(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

/** It is cached and shared: nobody changes it. */
function frozen<Value>(value: Value): Value {
  for (const property of Object.values(Object(value))) if (typeof property === 'object') frozen(property);
  return Object.freeze(value);
}
