import { type RateLimiter, TenancyError } from '@mcp-tenancy/core';
import { describe, expect, it } from 'vitest';
import { byToken } from '../support/limits.ts';
import { serve, serverWith } from '../support/tenancy-server.ts';

const createServer = () => serverWith({});

async function answered(limiter: RateLimiter, token: string) {
  const { wire } = await serve({ ...byToken, createServer, limits: { requestsPerSecond: 3, limiter } });
  const { status, headers, text } = await wire(token).send({ body: {} });
  return { status, retry: headers['retry-after'], error: JSON.parse(text).error };
}

describe('limits.limiter', () => {
  it('says whether a tenant has requests left, and when again', async () => {
    const asked: unknown[] = [];
    const take = async (...args: unknown[]) => {
      asked.push(args);
      return 2_500;
    };
    expect(await answered({ take }, 'acme.ann')).toMatchObject({ status: 429, retry: '3' });
    expect(asked).toEqual([['acme', 3]]);
  });

  it('that cannot say is a 503 where it says so', async () => {
    const take = async () => {
      throw new TenancyError('store_unavailable', 'Not now', { headers: { 'retry-after': '7' } });
    };
    expect(await answered({ take }, 'acme.ann')).toMatchObject({ status: 503, retry: '7' });
  });

  it('must be one', async () => {
    const limits = { limiter: {} as RateLimiter };
    await expect(serve({ createServer, limits })).rejects.toThrow(
      'limits.limiter must be an object with the method take',
    );
  });
});

it('a verifier that says itself how a request is refused is believed', async () => {
  const verifyAccessToken = async () => {
    throw new TenancyError('store_unavailable', 'Not now', { headers: { 'retry-after': '7' } });
  };
  const { wire } = await serve({ createServer, verifier: { verifyAccessToken } });
  const { status, headers } = await wire('token').send({ body: {} });
  expect({ status, retry: headers['retry-after'] }).toEqual({ status: 503, retry: '7' });
});
