import { assertOptions } from '../assert-options.ts';
import { limitReached, unheard } from '../errors.ts';
import type { Principal } from '../identity/principal.ts';
import { MAX_TIMER_MS, readWholeNumber } from '../read-whole-number.ts';
import type { RateLimiter } from './rate-limiter.ts';

/** What one tenant may use. */
export interface TenantLimits {
  /** Sessions of one principal; at the limit its longest idle session makes room. Default: `sessions.maxPerPrincipal`. */
  readonly maxSessions?: number;
  /** Open GET streams of one principal in one process. Default: 256. */
  readonly maxStreams?: number;
  /** Requests of one principal that wait for their answer in one process. Default: 256. */
  readonly maxCalls?: number;
  /** HTTP requests of the whole tenant in a second, whichever its sessions. Default: no limit. */
  readonly requestsPerSecond?: number;
  /** ms after which a request that has no answer is cancelled and answered with an error. Default: never. */
  readonly callTimeoutMs?: number;
  /** Bytes of a request body. Default: `maxBodyBytes`. */
  readonly maxBodyBytes?: number;
}

/** What tenants may use: for all of them, and for some of them more or less. */
export interface LimitOptions extends Omit<TenantLimits, 'maxSessions' | 'maxBodyBytes'> {
  /**
   * The limits of one tenant, where they are not those of all. Asked at every request, so that a change acts at once: it must be quick. What it leaves
   * out is as for all tenants. Throwing is a 500 for that request.
   */
  readonly forTenant?: (tenantId: string) => TenantLimits | undefined;
  /** Counts the requests of tenants, for `requestsPerSecond`. Default: one that counts those of this process. */
  readonly limiter?: RateLimiter;
}

/** The limits of a tenant, complete. */
export interface EffectiveLimits {
  readonly maxSessions: number;
  readonly maxStreams: number;
  readonly maxCalls: number;
  readonly requestsPerSecond: number | undefined;
  readonly callTimeoutMs: number | undefined;
  readonly maxBodyBytes: number;
}

/** The limits of every tenant. */
export interface LimitSettings {
  readonly all: EffectiveLimits;
  readonly forTenant: LimitOptions['forTenant'];
  readonly limiter: RateLimiter;
}

const NAMES = [
  'maxSessions',
  'maxStreams',
  'maxCalls',
  'requestsPerSecond',
  'callTimeoutMs',
  'maxBodyBytes',
] satisfies (keyof TenantLimits)[];

/** Lets a principal's request in, and says what it may use; rejects with `rate_limit`. */
export type Admit = (principal: Principal) => EffectiveLimits | Promise<EffectiveLimits>;

/** {@link Admit} with these limits. */
export function createAdmit({ all, forTenant, limiter }: LimitSettings): Admit {
  return ({ tenantId }) => {
    const own = forTenant?.(tenantId);
    const limits = own === undefined ? all : readOwnLimits(own, all);
    const { requestsPerSecond } = limits;
    return requestsPerSecond === undefined ? limits : admitted(limits, tenantId, requestsPerSecond, limiter);
  };
}

function readOwnLimits(own: TenantLimits, all: EffectiveLimits): EffectiveLimits {
  if (own instanceof Promise) {
    own.catch(unheard);
    throw new TypeError('limits.forTenant must return the limits themselves, and no promise of them');
  }
  return readTenantLimits('limits.forTenant()', own, all);
}

/** A tenant's own limits over those of all. Throws a `TypeError` that names the limit which is none. */
export function readTenantLimits(source: string, own: TenantLimits, all: EffectiveLimits): EffectiveLimits {
  assertOptions(source, own, NAMES);
  const read = <Name extends keyof EffectiveLimits>(name: Name, max?: number) =>
    readWholeNumber(`${source}.${name}`, own[name], all[name], max);
  return {
    maxSessions: read('maxSessions'),
    maxStreams: read('maxStreams'),
    maxCalls: read('maxCalls'),
    requestsPerSecond: read('requestsPerSecond'),
    callTimeoutMs: read('callTimeoutMs', MAX_TIMER_MS),
    maxBodyBytes: read('maxBodyBytes'),
  };
}

async function admitted(
  limits: EffectiveLimits,
  tenantId: string,
  requestsPerSecond: number,
  limiter: RateLimiter,
): Promise<EffectiveLimits> {
  const retryAfterMs = await limiter.take(tenantId, requestsPerSecond);
  if (retryAfterMs === 0) return limits;
  throw limitReached('rate_limit', { name: 'requestsPerSecond', value: requestsPerSecond, retryAfterMs });
}
