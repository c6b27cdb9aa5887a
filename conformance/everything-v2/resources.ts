import { type McpServer, ResourceTemplate } from '@modelcontextprotocol/server';
import { PNG_BASE64 } from '../everything/sample-media.ts';

/** Resources of text and of bytes, a template, and subscriptions. */
export function registerResources(server: McpServer): void {
  registerText(server, 'static-text', 'This is the content of the static text resource.');
  registerText(server, 'watched-resource', 'This resource can be watched.');
  registerBinary(server);
  registerTemplate(server);
  acceptSubscriptions(server);
}

function registerText(server: McpServer, name: string, content: string): void {
  const uri = `test://${name}`;
  const mimeType = 'text/plain';
  server.registerResource(name, uri, { description: `Text: ${name}`, mimeType }, () => ({
    contents: [{ uri, mimeType, text: content }],
  }));
}

function registerBinary(server: McpServer): void {
  const uri = 'test://static-binary';
  const mimeType = 'image/png';
  server.registerResource('static-binary', uri, { description: 'An image', mimeType }, () => ({
    contents: [{ uri, mimeType, blob: PNG_BASE64 }],
  }));
}

function registerTemplate(server: McpServer): void {
  const template = new ResourceTemplate('test://template/{id}/data', { list: undefined });
  const mimeType = 'application/json';
  server.registerResource('template', template, { description: 'Data by id', mimeType }, ({ href }, { id }) => ({
    contents: [
      { uri: href, mimeType, text: JSON.stringify({ id, templateTest: true, data: `Data for ID: ${String(id)}` }) },
    ],
  }));
}

/**
 * Accepts and forgets: no resource of this server ever changes, so nobody is to be told. Sessions of the 2025 era only: later
 * clients subscribe by `subscriptions/listen`, which never reaches the server.
 */
function acceptSubscriptions({ server }: McpServer): void {
  server.setRequestHandler('resources/subscribe', () => ({}));
  server.setRequestHandler('resources/unsubscribe', () => ({}));
}
