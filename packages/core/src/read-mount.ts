import { assertOptions } from './assert-options.ts';
import type { Tenancy } from './create-tenancy.ts';
import type { Principal } from './identity/principal.ts';
import type { Logger } from './logger.ts';
import type { HostContext } from './node/host-context.ts';

/** Options that every adapter takes. `Request` is the framework's request. */
export interface MountOptions<Request> {
  /** The caller, where the app has authenticated it: no token is asked for then. Default: the tenancy authenticates. */
  readonly principal?: (request: Request) => Principal;
  /** The logger of a request. Default: the tenancy's. */
  readonly log?: (request: Request) => Logger;
}

/** What an adapter hands over with a request. */
export interface Mount<Request> {
  contextOf(request: Request): HostContext;
}

const OPTIONS = ['principal', 'log'];

/** Throws a `TypeError` unless `value` is a tenancy. */
export function assertTenancy(value: Tenancy): void {
  if (typeof value?.endpointHandler !== 'function') throw new TypeError('tenancy must come from createTenancy');
}

/** Reads the arguments of an adapter. Throws a `TypeError` that names the one that is wrong. */
export function readMount<Request>(tenancy: Tenancy, options: MountOptions<Request>): Mount<Request> {
  assertTenancy(tenancy);
  assertOptions('options', options, OPTIONS);
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || typeof value === 'function') continue;
    throw new TypeError(`${name} must be a function of the request`);
  }
  const { principal, log } = options;
  return {
    contextOf: (request) => ({
      ...(principal && { principal: () => principal(request) }),
      ...(log && { log: log(request) }),
    }),
  };
}
