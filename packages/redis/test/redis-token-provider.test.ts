import { digestToken, type TokenChange } from '@mcp-tenancy/core';
import { RedisTokenProvider, type RedisTokenProviderOptions } from '@mcp-tenancy/redis';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { closing, keysOf, newPrefix, openClient, redisUrl } from './support/redis.ts';

type Plan = { plan: string; roles?: string[] };

const SOON = { timeout: 900, interval: 5 };

/** A provider as each of several processes has one. */
async function openProvider(keyPrefix: string, options: Partial<RedisTokenProviderOptions<Plan>> = {}) {
  const createServer = vi.fn(({ tenantId }) => new McpServer({ name: tenantId, version: '1' }));
  const connection = options.redis === undefined ? { url: await redisUrl() } : {};
  const provider = closing(new RedisTokenProvider<Plan>({ ...connection, keyPrefix, createServer, ...options }));
  const changes: TokenChange[] = [];
  onTestFinished(provider.subscribe((change) => changes.push(change)));
  await listening(keyPrefix);
  return { provider, changes, createServer };
}

/** Waits until the subscribers of a prefix are there: what is tested is what they hear. */
async function listening(keyPrefix: string): Promise<void> {
  const redis = await openClient();
  await vi.waitFor(async () => {
    const [, subscribers] = await redis.pubsub('NUMSUB', `${keyPrefix}token-changes`);
    expect(Number(subscribers)).toBeGreaterThan(0);
  });
}

async function twoProcesses(options: Partial<RedisTokenProviderOptions<Plan>> = {}) {
  const keyPrefix = newPrefix();
  const redis = await openClient();
  const here = await openProvider(keyPrefix, options);
  const there = await openProvider(keyPrefix, options);
  await vi.waitFor(async () => {
    expect((await redis.pubsub('NUMSUB', `${keyPrefix}token-changes`))[1]).toBe(2);
  });
  return { here, there, keyPrefix, redis };
}

const change = (type: TokenChange['type'], token = 'token') => ({ type, tokenDigest: digestToken(token) });

describe('a token in Redis', () => {
  it('lets its tenant in, with its scopes and data', async () => {
    const { provider } = await openProvider(newPrefix());
    const expiresAt = Math.ceil(Date.now() / 1_000) + 60;
    const data = { plan: 'pro', roles: ['admin'] };
    await provider.addToken('token', { tenantId: 'acme', subject: 'ada', data, scopes: ['read'], expiresAt });
    expect(await provider.verifyAccessToken('token')).toEqual({
      token: 'token',
      clientId: digestToken('token'),
      scopes: ['read'],
      expiresAt,
      extra: { iss: 'acme', sub: 'ada', tenantId: 'acme', data },
    });
  });

  it('gets the server that is made for its tenant', async () => {
    const { provider, createServer } = await openProvider(newPrefix());
    await provider.addToken('token', { tenantId: 'acme', data: { plan: 'pro' } });
    const authInfo = await provider.verifyAccessToken('token');
    expect(await provider.createServerForToken('token', authInfo)).toBeInstanceOf(McpServer);
    const digest = digestToken('token');
    expect(createServer).toHaveBeenCalledExactlyOnceWith(
      { tokenDigest: digest, tenantId: 'acme', subject: digest, data: { plan: 'pro' }, scopes: [] },
      { principal: { tenantId: 'acme', subject: digest }, authInfo, era: '2025', rebuilt: false },
    );
  });

  it('is refused by the code that says so where it is not registered', async () => {
    const { provider, createServer } = await openProvider(newPrefix());
    const refused = { message: 'Invalid token', errorCode: 'invalid_token' };
    await expect(provider.verifyAccessToken('token')).rejects.toMatchObject(refused);
    await expect(provider.createServerForToken('token', Object(null))).rejects.toMatchObject(refused);
    expect(createServer).not.toHaveBeenCalled();
  });

  it('is nowhere in Redis: its digest is', async () => {
    const { provider, changes } = await openProvider(newPrefix());
    const redis = await openClient();
    const seen: string[] = [];
    const monitor = await redis.monitor();
    onTestFinished(() => monitor.disconnect());
    monitor.on('monitor', (_time, args) => seen.push(...args));
    await provider.addToken('very-secret', { tenantId: 'acme' });
    await provider.updateToken('very-secret', { data: { plan: 'pro' } });
    await provider.verifyAccessToken('very-secret');
    await vi.waitFor(() => expect(seen.join()).toContain(digestToken('very-secret')));
    await provider.removeToken('very-secret');
    expect(`${seen.join()}${JSON.stringify(changes)}`).not.toContain('very-secret');
  });

  it('is refused when its time is over, and leaves nothing when another is written', async () => {
    const keyPrefix = newPrefix();
    const { provider } = await openProvider(keyPrefix, { cacheMs: 1 });
    await provider.addToken('short', { tenantId: 'acme', expiresAt: Math.floor(Date.now() / 1_000) + 1 });
    await vi.waitFor(() => expect(provider.verifyAccessToken('short')).rejects.toThrow('Invalid token'), 3_000);
    expect(await provider.list()).toEqual({ tokens: [] });
    await provider.removeToken('short');
    expect(await keysOf(keyPrefix)).toEqual([`${keyPrefix}token-changes`]);
  });
});

describe('a change to a token', () => {
  it('is heard by every process, the changing one included, in its order', async () => {
    const { here, there } = await twoProcesses();
    await here.provider.addToken('token', { tenantId: 'acme' });
    await here.provider.addToken('token', { tenantId: 'acme', data: { plan: 'pro' } });
    await here.provider.updateToken('token', { data: { plan: 'team' } });
    await here.provider.removeToken('token');
    const all = [change('added'), change('updated'), change('updated'), change('removed')];
    expect(here.changes).toEqual(all);
    await vi.waitFor(() => expect(there.changes).toEqual(all), SOON);
  });

  it('acts on every process at once, whatever they have cached', async () => {
    const { here, there } = await twoProcesses({ cacheMs: 60_000 });
    await here.provider.addToken('token', { tenantId: 'acme', data: { plan: 'free' } });
    for (const { provider } of [here, there]) {
      expect(await provider.verifyAccessToken('token')).toMatchObject({ extra: { data: { plan: 'free' } } });
    }
    await there.provider.updateToken('token', { data: { plan: 'pro' } });
    expect(await there.provider.verifyAccessToken('token')).toMatchObject({ extra: { data: { plan: 'pro' } } });
    await vi.waitFor(async () => {
      expect(await here.provider.verifyAccessToken('token')).toMatchObject({ extra: { data: { plan: 'pro' } } });
    }, SOON);
    expect(await there.provider.removeToken('token')).toBe(true);
    await expect(there.provider.verifyAccessToken('token')).rejects.toThrow('Invalid token');
    await vi.waitFor(() => expect(here.provider.verifyAccessToken('token')).rejects.toThrow('Invalid token'), SOON);
  });

  it('keeps by an update what is not given', async () => {
    const { provider } = await openProvider(newPrefix());
    await provider.addToken('token', { tenantId: 'acme', subject: 'ada', data: { plan: 'free' }, scopes: ['read'] });
    expect(await provider.updateToken('token', { data: { plan: 'pro' } })).toBe(true);
    expect(await provider.verifyAccessToken('token')).toMatchObject({
      scopes: ['read'],
      extra: { sub: 'ada', data: { plan: 'pro' } },
    });
  });

  it('loses none of several updates at once', async () => {
    const { here, there } = await twoProcesses();
    await here.provider.addToken('token', { tenantId: 'acme', data: { plan: 'free' } });
    await Promise.all([
      here.provider.updateToken('token', { scopes: ['read'] }),
      there.provider.updateToken('token', { data: { plan: 'pro' } }),
      here.provider.updateToken('token', { subject: 'ada' }),
      there.provider.updateToken('token', { tenantId: 'emca' }),
    ]);
    const { tokens } = await here.provider.list();
    expect(tokens).toMatchObject([{ tenantId: 'emca', subject: 'ada', data: { plan: 'pro' }, scopes: ['read'] }]);
  });

  it('is none where the token is not registered', async () => {
    const { provider, changes } = await openProvider(newPrefix());
    expect(await provider.updateToken('token', { data: { plan: 'pro' } })).toBe(false);
    expect(changes).toEqual([]);
    expect(await provider.removeToken('token')).toBe(false);
  });

  it('reaches every listener, though one throws', async () => {
    const { provider, changes } = await openProvider(newPrefix());
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    onTestFinished(() => warned.mockRestore());
    for (const thrown of [new Error('a listener fails'), 'a listener fails']) {
      onTestFinished(
        provider.subscribe(() => {
          throw thrown;
        }),
      );
    }
    await provider.addToken('token', { tenantId: 'acme' });
    expect(changes).toEqual([change('added')]);
    expect(warned).toHaveBeenCalledTimes(2);
  });

  it('reaches a process whose subscriber was cut off while it was made', async () => {
    const { here, there, redis } = await twoProcesses({ cacheMs: 60_000 });
    await here.provider.addToken('token', { tenantId: 'acme' });
    await there.provider.verifyAccessToken('token');
    await redis.client('KILL', 'TYPE', 'PUBSUB');
    await here.provider.removeToken('token');
    await vi.waitFor(() => expect(there.changes).toEqual([change('added'), change('removed')]), 3_000);
    await expect(there.provider.verifyAccessToken('token')).rejects.toThrow('Invalid token');
  });

  it('is heard of by who missed thousands, in their order', async () => {
    const { here, there, keyPrefix, redis } = await twoProcesses();
    await here.provider.addToken('token', { tenantId: 'acme' });
    const digests = Array.from({ length: 2_500 }, (_item, index) => `digest ${index}`);
    const missed = redis.pipeline();
    for (const digest of digests) missed.xadd(`${keyPrefix}token-changes`, '*', 'type', 'updated', 'digest', digest);
    await missed.exec();
    await here.provider.removeToken('token');
    const all = ['added', ...digests, 'removed'];
    const heard = () => there.changes.map(({ type, tokenDigest }) => (type === 'updated' ? tokenDigest : type));
    await vi.waitFor(() => expect(heard()).toEqual(all), SOON);
  });

  it('is listened to again where that failed once', async () => {
    const { here, there, redis } = await twoProcesses();
    const subscribe = vi.spyOn(Redis.prototype, 'subscribe').mockRejectedValueOnce(new Error('Connection is closed'));
    onTestFinished(() => subscribe.mockRestore());
    await redis.client('KILL', 'TYPE', 'PUBSUB');
    await vi.waitFor(() => expect(subscribe).toHaveBeenCalledTimes(3), 3_000);
    await here.provider.addToken('token', { tenantId: 'acme' });
    await vi.waitFor(() => expect(there.changes).toEqual([change('added')]), SOON);
  });

  it('is given up where others always get ahead of it', async () => {
    const redis = await openClient();
    const { provider } = await openProvider(newPrefix(), { redis });
    await provider.addToken('token', { tenantId: 'acme' });
    vi.spyOn(redis, 'get').mockResolvedValue('{"tenantId":"old","subject":"old","data":{},"scopes":[]}');
    await expect(provider.updateToken('token', { tenantId: 'new' })).rejects.toThrow('changed by others all the time');
  });

  it('is not hidden by what was read before it and comes after it', async () => {
    const { provider } = await openProvider(newPrefix(), { cacheMs: 60_000 });
    await provider.addToken('token', { tenantId: 'acme' });
    const reading = provider.verifyAccessToken('token');
    const removing = provider.removeToken('token');
    await reading.catch(() => undefined);
    await removing;
    await expect(provider.verifyAccessToken('token')).rejects.toThrow('Invalid token');
  });
});

describe('the list of tokens', () => {
  it('has every token once, by pages of any size, and no token itself', async () => {
    const { provider } = await openProvider(newPrefix());
    const tokens = Array.from({ length: 30 }, (_item, index) => `secret-${index}`);
    await Promise.all(tokens.map((token) => provider.addToken(token, { tenantId: `tenant of ${token.slice(7)}` })));
    for (const limit of [1, 7, 30, 31]) {
      const listed: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await provider.list({ limit, ...(cursor && { cursor }) });
        expect(JSON.stringify(page)).not.toContain('secret');
        listed.push(...page.tokens.map(({ tokenDigest }) => tokenDigest));
        cursor = page.cursor;
      } while (cursor !== undefined);
      expect(listed.toSorted()).toEqual(tokens.map(digestToken).toSorted());
    }
    expect(await provider.list({ cursor: 'none' })).toEqual({ tokens: [] });
  });
});

describe('what a process knows', () => {
  it('is asked for once, however many requests come', async () => {
    const redis = await openClient();
    const { provider } = await openProvider(newPrefix(), { redis });
    await provider.addToken('token', { tenantId: 'acme' });
    const get = vi.spyOn(redis, 'get');
    await Promise.all(Array.from({ length: 20 }, () => provider.verifyAccessToken('token')));
    await provider.verifyAccessToken('token');
    expect(get).toHaveBeenCalledTimes(1);
  });

  it('cannot be changed by a factory', async () => {
    const { provider, createServer } = await openProvider(newPrefix());
    await provider.addToken('token', { tenantId: 'acme', data: { plan: 'free', roles: ['viewer'] } });
    await provider.createServerForToken('token', await provider.verifyAccessToken('token'));
    const [{ data }] = createServer.mock.calls[0] as unknown as [{ data: { plan: string; roles: string[] } }];
    expect(() => data.roles.push('admin')).toThrow(TypeError);
    expect(Reflect.set(data, 'plan', 'pro')).toBe(false);
  });
});

describe('misuse', () => {
  it.each([
    [{ createServer: undefined }, 'createServer must be a function'],
    [{ cacheMs: 0 }, 'cacheMs must be a whole number from 1 to 60000'],
    [{ keyPrefix: '{a}' }, 'keyPrefix must be visible ASCII characters without braces'],
    [{ ttl: 1 }, "Unknown option 'ttl' in The options of RedisTokenProvider"],
  ])('of options is a TypeError: %j', async (wrong, message) => {
    const options = { url: await redisUrl(), createServer: () => undefined, ...wrong };
    expect(() => new RedisTokenProvider(options as unknown as RedisTokenProviderOptions)).toThrow(message);
  });

  it.each([
    ['', { tenantId: 'acme' }, 'token must be'],
    ['two words', { tenantId: 'acme' }, 'token must be'],
    ['token', { tenantId: '' }, 'tenantId must be a non-empty string'],
    ['token', { tenantId: 'acme', subject: '' }, 'subject must be a non-empty string'],
    ['token', { tenantId: 'acme', scopes: [''] }, 'scopes must be non-empty strings'],
    ['token', { tenantId: 'acme', expiresAt: 1.5 }, 'expiresAt must be whole seconds'],
    ['token', { tenantId: 'acme', data: [] }, 'data must be an object of JSON'],
    ['token', { tenantId: 'acme', data: () => undefined }, 'data must be an object of JSON'],
  ])('of addToken is a TypeError: %j %j', async (token, options, message) => {
    const { provider } = await openProvider(newPrefix());
    await expect(provider.addToken(token, options as never)).rejects.toThrow(message);
  });
});
