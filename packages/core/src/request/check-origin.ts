import { TenancyError } from '../errors.ts';
import { type Logger, logWith } from '../logger.ts';
import { headerOf, hostOf, type RequestFacts } from './request-facts.ts';

const LOOPBACK_HOSTS = ['localhost', '127.0.0.1', '[::1]'];

/** The allowlists against DNS rebinding. */
export interface OriginOptions {
  /**
   * Values of `Host` to accept: a host name (any port), `host:port`, or `*`. Default: the loopback names on connections to a
   * loopback address, any on others.
   */
  readonly allowedHosts: readonly string[] | undefined;
  /**
   * Values of `Origin` to accept: `https://host[:port]`, or `*`. Default: on connections to a loopback address the loopback names and
   * `allowedHosts`, any on others. `null` is refused unless it is listed.
   */
  readonly allowedOrigins: readonly string[] | undefined;
  readonly logger: Logger;
}

/** Throws `host_not_allowed` or `origin_not_allowed`. */
export type CheckOrigin = (facts: RequestFacts) => void;

/**
 * Protection against DNS rebinding (MCP 2025-11-25, Transports, Security Warning): on by default where the connection
 * arrived at a loopback address, by allowlist everywhere else.
 */
export function createCheckOrigin({ allowedHosts, allowedOrigins, logger }: OriginOptions): CheckOrigin {
  const hosts = new Set(allowedHosts?.map((host) => host.toLowerCase()));
  const origins = new Set(allowedOrigins?.map((origin) => origin.toLowerCase()));
  let warned = allowedHosts !== undefined;
  /** What was let in last: the clients of one server all ask for the same host. */
  let known: { readonly host: string; readonly loopback: boolean } | undefined;

  const hostAllowed = (host: string | undefined, loopback: boolean): boolean => {
    if (allowedHosts === undefined && !loopback) return true;
    if (hosts.has('*')) return true;
    if (host === undefined) return false;
    const value = host.toLowerCase();
    const name = withoutPort(value);
    return hosts.has(value) || hosts.has(name) || (loopback && LOOPBACK_HOSTS.includes(name));
  };

  const originAllowed = (origin: string, loopback: boolean): boolean => {
    const value = origin.toLowerCase();
    if (origins.has(value)) return true;
    if (value === 'null') return false;
    if (allowedOrigins !== undefined) return origins.has('*');
    if (!loopback) return true;
    const host = URL.canParse(value) ? new URL(value).host : undefined;
    return host !== undefined && hostAllowed(host, loopback);
  };

  return (facts) => {
    const loopback = isLoopback(facts.localAddress);
    if (!loopback && !warned && facts.localAddress !== undefined) {
      warned = true;
      logWith(
        logger,
        'warn',
        { localAddress: facts.localAddress },
        'Host headers are not checked on this address: set allowedHosts to the names this server is reached by',
      );
    }
    const host = hostOf(facts);
    if (host !== known?.host || loopback !== known?.loopback) {
      if (!hostAllowed(host, loopback)) throw new TenancyError('host_not_allowed', `Invalid Host header: ${host}`);
      if (host !== undefined) known = { host, loopback };
    }
    const origin = headerOf(facts, 'origin');
    if (origin !== undefined && !originAllowed(origin, loopback)) {
      throw new TenancyError('origin_not_allowed', `Invalid Origin header: ${origin}`);
    }
  };
}

function withoutPort(host: string): string {
  return host.replace(/:\d*$/, '');
}

function isLoopback(address: string | undefined): boolean {
  if (address === undefined) return false;
  const ipv4 = address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address;
  return ipv4.startsWith('127.') || address === '::1';
}
