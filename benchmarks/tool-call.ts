/** One `tools/call` of the load, and the answer that it must get. */
export interface ToolCall {
  readonly body: string;
  readonly id: number;
  /** The text of the tool's result. */
  readonly text: string;
}

/** An HTTP answer. */
export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** The `initialize` request that opens a session. */
export const initializeBody = JSON.stringify({
  jsonrpc: '2.0',
  id: 0,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'benchmark', version: '1.0.0' } },
});

/** What a client sends once it has the answer to `initialize`. */
export const initializedBody = JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' });

/** The call number `id`: every call has other arguments, and the ten tools take turns. */
export function toolCall(id: number): ToolCall {
  const [a, b] = [id * 3, id % 7];
  const params = { name: `add-${id % 10}`, arguments: { a, b } };
  return {
    id,
    body: JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params }),
    text: String(a + b),
  };
}

/** Throws unless `answer` is the one right answer to `call`, as JSON or as an SSE stream of one event. */
export function assertAnswer(call: ToolCall, answer: Answer): void {
  const message = answer.status === 200 ? messageOf(answer) : undefined;
  if (message?.jsonrpc === '2.0' && message.id === call.id && textOf(message) === call.text) return;
  throw new Error(`Wrong answer to ${call.body}: ${answer.status} ${answer.contentType} ${answer.body}`);
}

interface Message {
  readonly jsonrpc: unknown;
  readonly id: unknown;
  readonly result?: { readonly content?: readonly { readonly text: unknown }[]; readonly isError?: boolean };
}

function messageOf({ contentType, body }: Answer): Message | undefined {
  if (contentType.startsWith('application/json')) return JSON.parse(body);
  if (!contentType.startsWith('text/event-stream')) return undefined;
  const data = body.split('\n').filter((line) => line.startsWith('data: '));
  const [only = ''] = data;
  return data.length === 1 ? JSON.parse(only.slice('data: '.length)) : undefined;
}

function textOf({ result }: Message): unknown {
  return result?.isError || result?.content?.length !== 1 ? undefined : result.content[0]?.text;
}
