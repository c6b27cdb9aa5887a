import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';
import { FIXED_ANSWERS, text } from './fixed-answers.ts';

/** Tools whose answers are fixed: one for each kind of content, one that fails, one with a demanding schema. */
export function registerContentTools(server: McpServer): void {
  for (const [name, { description, content }] of Object.entries(FIXED_ANSWERS)) {
    server.registerTool(name, { description }, () => ({ content }));
  }
  server.registerTool('test_error_handling', { description: 'Always fails' }, (): CallToolResult => {
    throw new Error('This tool intentionally returns an error for testing');
  });
  server.registerTool(
    'json_schema_2020_12_tool',
    { description: 'Takes arguments by a JSON Schema of the 2020-12 dialect', inputSchema: CONTACT },
    (contact) => ({ content: [text(JSON.stringify(contact))] }),
  );
}

/** The SDK writes schemas in draft 7 and has no words for conditions: what the scenario looks for is added as metadata. */
const CONTACT = z
  .strictObject({
    name: z.string().optional(),
    address: z.object({ street: z.string(), city: z.string() }).partial().optional().meta({ $ref: '#/$defs/address' }),
    contactMethod: z.enum(['phone', 'email']).optional(),
    phone: z.string().optional(),
    email: z.string().optional(),
  })
  .meta({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $defs: {
      address: {
        $anchor: 'addressDef',
        type: 'object',
        properties: { street: { type: 'string' }, city: { type: 'string' } },
      },
    },
    allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
    if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: { required: ['phone'] },
    else: { required: ['email'] },
  });
