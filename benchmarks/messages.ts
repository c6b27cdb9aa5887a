/** An HTTP answer. */
export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** A JSON-RPC message, as far as the load looks at it. */
export interface Message {
  readonly jsonrpc?: unknown;
  readonly id?: unknown;
  readonly method?: unknown;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: {
    readonly protocolVersion?: unknown;
    readonly content?: readonly { readonly type: unknown; readonly text: unknown }[];
    readonly isError?: boolean;
    readonly resultType?: unknown;
    readonly tools?: readonly unknown[];
  };
}

/** The revision of MCP that the load speaks. */
export const PROTOCOL_VERSION = '2025-11-25';

/** The revision of MCP that the load speaks where there are no sessions. */
export const MODERN_VERSION = '2026-07-28';

/** What a request without a session says in its `_meta`: of itself, and of its client. */
export const modernMeta = {
  'io.modelcontextprotocol/protocolVersion': MODERN_VERSION,
  'io.modelcontextprotocol/clientInfo': { name: 'benchmark', version: '1.0.0' },
  'io.modelcontextprotocol/clientCapabilities': {},
};

/** The `initialize` request that opens a session. */
export const initializeBody = requestBody(0, 'initialize', {
  protocolVersion: PROTOCOL_VERSION,
  capabilities: {},
  clientInfo: { name: 'benchmark', version: '1.0.0' },
});

/** What a client sends once it has the answer to `initialize`. */
export const initializedBody = JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' });

/** A request, ready to be sent. */
export function requestBody(id: number, method: string, params: object): string {
  return JSON.stringify({ jsonrpc: '2.0', id, method, params });
}

/** The messages in an answer: one as JSON, or those of an SSE stream. None where it is neither, or its status is not 200. */
export function messagesOf({ status, contentType, body }: Answer): Message[] {
  if (status !== 200) return [];
  if (contentType.startsWith('application/json')) return [JSON.parse(body)];
  return contentType.startsWith('text/event-stream') ? eventsOf(body) : [];
}

/** The one message of an answer: `undefined` where it has none, or several. */
export function onlyMessageOf(answer: Answer): Message | undefined {
  const messages = messagesOf(answer);
  return messages.length === 1 ? messages[0] : undefined;
}

/** The text of a tool's result that is the right one for request `id`, and no error. */
export function textOf(message: Message | undefined, id: number): unknown {
  if (message?.jsonrpc !== '2.0' || message.id !== id || message.result?.isError) return undefined;
  const { content } = message.result ?? {};
  return content?.length === 1 && content[0]?.type === 'text' ? content[0].text : undefined;
}

/** Throws unless an answer was found to be `right`. */
export function assertRight(right: boolean, request: string, { status, contentType, body }: Answer): void {
  if (right) return;
  const shown = body.length > 500 ? `${body.slice(0, 500)}…` : body;
  throw new Error(`Wrong answer to ${request.slice(0, 200)}: ${status} ${contentType} ${shown}`);
}

function eventsOf(body: string): Message[] {
  const messages: Message[] = [];
  for (const line of body.split('\n')) {
    // An event without data is there for its id only.
    const data = line.startsWith('data:') ? line.slice('data:'.length).trim() : '';
    if (data !== '') messages.push(JSON.parse(data));
  }
  return messages;
}
