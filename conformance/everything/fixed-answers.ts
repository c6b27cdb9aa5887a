import type { ContentBlock } from '@modelcontextprotocol/sdk/types.js';
import { PNG_BASE64, WAV_BASE64 } from './sample-media.ts';

const IMAGE: ContentBlock = { type: 'image', data: PNG_BASE64, mimeType: 'image/png' };
const AUDIO: ContentBlock = { type: 'audio', data: WAV_BASE64, mimeType: 'audio/wav' };

/** What a tool says that always answers the same. */
export interface FixedAnswer {
  readonly description: string;
  readonly content: ContentBlock[];
}

/** By the name of the tool: one for each kind of content. */
export const FIXED_ANSWERS: Readonly<Record<string, FixedAnswer>> = {
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

/** Content of text. */
export function text(value: string): ContentBlock {
  return { type: 'text', text: value };
}

function resource(uri: string, mimeType: string, body: string): ContentBlock {
  return { type: 'resource', resource: { uri, mimeType, text: body } };
}
