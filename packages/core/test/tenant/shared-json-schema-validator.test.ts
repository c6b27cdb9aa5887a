import { sharedJsonSchemaValidator } from '@mcp-tenancy/core';
import { describe, expect, it } from 'vitest';
import { eventually, serve, serverWith, tokens } from '../support/tenancy-server.ts';

const schemaOf = (type: 'string' | 'number', id?: string) => ({
  ...(id !== undefined && { $id: id }),
  type: 'object' as const,
  properties: { value: { type } },
  required: ['value'],
});

describe('sharedJsonSchemaValidator', () => {
  it('compiles a schema once, and tells what is valid', () => {
    const validate = sharedJsonSchemaValidator.getValidator(schemaOf('string'));
    expect(validate({ value: 'text' })).toMatchObject({ valid: true, data: { value: 'text' } });
    expect(validate({ value: 5 })).toMatchObject({ valid: false });
    expect(sharedJsonSchemaValidator.getValidator(schemaOf('string'))).toBe(validate);
  });

  it("does not take one tenant's schema for another's of the same $id", () => {
    const text = sharedJsonSchemaValidator.getValidator(schemaOf('string', 'https://example.com/value'));
    const number = sharedJsonSchemaValidator.getValidator(schemaOf('number', 'https://example.com/value'));
    expect([text({ value: 'text' }).valid, text({ value: 5 }).valid]).toEqual([true, false]);
    expect([number({ value: 'text' }).valid, number({ value: 5 }).valid]).toEqual([false, true]);
  });
});

describe('a server that cannot be connected', () => {
  it('is a 500, and is closed', async () => {
    const provider = tokens({
      token: () => {
        const server = serverWith({});
        const connect = server.connect.bind(server);
        server.connect = async (transport) => {
          await connect(transport);
          throw new Error('not connected');
        };
        return server;
      },
    });
    const { wire } = await serve({ provider });
    const { status, text } = await wire('token').open();
    expect({ status, told: text.includes('not connected') }).toEqual({ status: 500, told: false });
    await eventually(() => provider.getStats().activeServers === 0);
  });
});
