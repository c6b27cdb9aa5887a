/** Request headers as Node gives them: names in lower case. */
export type RequestHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** What a request says before its body is read. */
export interface RequestFacts {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: RequestHeaders;
  /** The address of this end of the connection; absent on a Unix socket. */
  readonly localAddress: string | undefined;
}

/** One header, as a single string. */
export function headerOf({ headers }: RequestFacts, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

/** The host that the client believes it talks to: `Host`, or `:authority` over HTTP/2. */
export function hostOf(facts: RequestFacts): string | undefined {
  return headerOf(facts, 'host') ?? headerOf(facts, ':authority');
}
