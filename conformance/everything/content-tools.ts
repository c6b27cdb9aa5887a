import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { CallToolResult, ContentBlock } from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';
import { PNG_BASE64, WAV_BASE64 } from './sample-media.ts';

const IMAGE: ContentBlock = { type: 'image', data: PNG_BASE64, mimeType: 'image/png' };
const AUDIO: ContentBlock = { type: 'audio', data: WAV_BASE64, mimeType: 'audio/wav' };

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

/** Content of text. */
export function text(value: string): ContentBlock {
  return { type: 'text', text: value };
}

const FIXED_ANSWERS: Record<string, { description: string; content: ContentBlock[] }> = {
  test_simple_text: {
    description: 'Answers with text',
    content: [text('This is a simple text response for testing.')],
  },
  test_image_content: { description: 'Answers with an image', content: [IMAGE] },
  test_audio_content: { description: 'Answers with audio', content: [AUDIO] },
  test_embedded_resource: {
    description: 'Answers with an embedded resource',
    content: [resource('test://embedded-resource', 'text/plain', 'This is an embedded resource content.')],
  },
  test_multiple_content_types: {
    description: 'Answers with text, an image and a resource',
    content: [
      text('Multiple content types test:'),
      IMAGE,
      resource('test://mixed-content-resource', 'application/json', JSON.stringify({ test: 'data', value: 123 })),
    ],
  },
};

function resource(uri: string, mimeType: string, body: string): ContentBlock {
  return { type: 'resource', resource: { uri, mimeType, text: body } };
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
