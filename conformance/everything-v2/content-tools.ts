import { type CallToolResult, fromJsonSchema, type McpServer } from '@modelcontextprotocol/server';
import { FIXED_ANSWERS, text } from '../everything/fixed-answers.ts';

/**
 * Tools that answer at once: one for each kind of content, one that fails, one with a demanding schema, one whose argument is
 * repeated in a header. The first of all tools takes no arguments: scenarios call it as they find it.
 */
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
  server.registerTool(
    'test_x_mcp_header',
    { description: 'Takes an argument that the client repeats in a header (SEP-2243)', inputSchema: PLACE },
    ({ region = 'nowhere' }) => ({ content: [text(`region=${region}`)] }),
  );
}

/** Written as JSON Schema: scenarios look for its keywords word by word. */
const CONTACT = fromJsonSchema<Record<string, unknown>>({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  $defs: {
    address: {
      $anchor: 'addressDef',
      type: 'object',
      properties: { street: { type: 'string' }, city: { type: 'string' } },
    },
  },
  properties: {
    name: { type: 'string' },
    address: { $ref: '#/$defs/address' },
    contactMethod: { type: 'string', enum: ['phone', 'email'] },
    phone: { type: 'string' },
    email: { type: 'string' },
  },
  allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
  if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  then: { required: ['phone'] },
  else: { required: ['email'] },
  additionalProperties: false,
});

const REGION = { type: 'string', description: 'Repeated in Mcp-Param-Region', 'x-mcp-header': 'Region' } as const;

const PLACE = fromJsonSchema<{ region?: string; level?: number }>({
  type: 'object',
  properties: { region: REGION, level: { type: 'integer', description: 'In the body only' } },
});
