import { type ExpectStatic, expect, onTestFinished, vi } from 'vitest';
import { WireClient } from '../wire-client.ts';
import { buildBatteryServer } from './battery-server.ts';
import type { AdapterHost, AppMiddleware, BatteryOptions, BatteryTenancy, MountedApp } from './mounted-app.ts';

/** The origin that the apps let in. */
export const CORS_ORIGIN = 'https://app.example';

/** What a middleware of the apps sets on every answer. */
export const MIDDLEWARE_HEADERS = {
  'x-request-id': 'request-1',
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'",
  'set-cookie': ['a=1; Path=/', 'b=2; Path=/'],
};

/** The token that the tenancies of {@link guarded} let in. */
export const GOOD_TOKEN = 'good';

/** An app that serves one or more tenancies until the test ends. */
export interface ServedApp extends MountedApp {
  readonly tenancies: readonly BatteryTenancy[];
  /** URL of the first tenancy's endpoint. */
  readonly url: string;
  /** A client for the bare wire that has not said anything yet. */
  wire(token?: string, endpoint?: string): WireClient;
  /** The same, with its session open. */
  open(token?: string, endpoint?: string): Promise<WireClient>;
}

/** Serves a tenancy for each of these options, behind middleware that sets {@link MIDDLEWARE_HEADERS} and CORS headers. */
export function serveApp<Tenancy extends BatteryTenancy>(
  host: AdapterHost<Tenancy>,
  ...options: Partial<BatteryOptions>[]
): Promise<ServedApp> {
  return start(host, { headers: MIDDLEWARE_HEADERS, corsOrigin: CORS_ORIGIN }, options);
}

/** As {@link serveApp}, without any middleware. */
export function serveBareApp<Tenancy extends BatteryTenancy>(
  host: AdapterHost<Tenancy>,
  ...options: Partial<BatteryOptions>[]
): Promise<ServedApp> {
  return start(host, undefined, options);
}

async function start<Tenancy extends BatteryTenancy>(
  { createTenancy, mount }: AdapterHost<Tenancy>,
  middleware: AppMiddleware | undefined,
  options: readonly Partial<BatteryOptions>[],
): Promise<ServedApp> {
  const tenancies = (options.length === 0 ? [{}] : options).map((given) =>
    createTenancy({ createServer: () => buildBatteryServer(), allowedOrigins: [CORS_ORIGIN], ...given }),
  );
  const app = await mount({ tenancies, ...(middleware && { middleware }) });
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= app.close();
    return closing;
  };
  onTestFinished(close);
  const wire = (token?: string, endpoint = '/mcp') => new WireClient(app.origin + endpoint, token);
  return {
    origin: app.origin,
    errors: app.errors,
    get told() {
      return app.told;
    },
    close,
    tenancies,
    url: `${app.origin}/mcp`,
    wire,
    open: async (token, endpoint) => {
      const client = wire(token, endpoint);
      const { status, text } = await client.open();
      if (status !== 200) throw new Error(`The session was not opened: ${status} ${text}`);
      return client;
    },
  };
}

/** Options of a tenancy that lets {@link GOOD_TOKEN} in, and knows another token that lacks a scope. */
export function guarded(): Partial<BatteryOptions> {
  const scopes: Record<string, string[]> = { [GOOD_TOKEN]: ['mcp'], poor: [] };
  return {
    requiredScopes: ['mcp'],
    resourceMetadataUrl: 'https://mcp.example/.well-known/oauth-protected-resource/mcp',
    verifier: {
      verifyAccessToken: async (token) => {
        const granted = scopes[token];
        if (granted === undefined) throw Object.assign(new Error('Invalid token'), { errorCode: 'invalid_token' });
        return { token, clientId: 'app', scopes: granted };
      },
    },
  };
}

/** Expects every way of telling to have told of exactly these answers, in any order, and of nothing more until the app is closed. */
export async function expectTold(app: ServedApp, statuses: readonly number[]): Promise<void> {
  const expected = [...statuses].sort();
  const sorted = () => Object.values(app.told).map((told) => [...told].sort());
  const check = (expectation: ExpectStatic) => {
    for (const told of sorted()) expectation(told).toEqual(expected);
  };
  expect(sorted().length).toBeGreaterThan(0);
  await vi.waitFor(() => check(expect), { timeout: 5_000 });
  await app.close();
  check(expect);
}
