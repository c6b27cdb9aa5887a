import { MemorySessionStore, type SessionStore } from '@mcp-tenancy/core';
import { describeSessionStore } from '@mcp-tenancy/testing';
import { expect, it } from 'vitest';

describeSessionStore('a MemorySessionStore', (): SessionStore => new MemorySessionStore());

it('is not durable: sessions end with the process', () => {
  expect(new MemorySessionStore().durable).toBe(false);
});
