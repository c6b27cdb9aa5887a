import { MODERN_VERSION, type modernMeta, PROTOCOL_VERSION } from '../messages.ts';
import { largeText, PROGRESS_STEPS, resultOf, sumOf, toolSets } from '../tool-sets.ts';
import { properties } from '../works/tools-list.ts';
import { authInfoOf } from './authenticate.ts';

/** A message of the load, as far as a bare route reads it. */
export interface Message {
  readonly id?: number;
  readonly method: string;
  readonly params: {
    readonly name: string;
    readonly arguments: Record<string, unknown>;
    readonly _meta?: Partial<typeof modernMeta> & { readonly progressToken?: number };
  };
}

/** What a bare route answers. */
export interface BareAnswer {
  readonly status: 200 | 202 | 401;
  readonly headers: Readonly<Record<string, string>>;
  /** To be sent as JSON where it is an object, and as it is where it is text; none where the answer is empty. */
  readonly body?: object | string;
}

const noHeaders = {};
const eventStream = { 'content-type': 'text/event-stream' };
const ofSession = { 'mcp-session-id': 'none' };

const listed = {
  tools: toolSets.list.map(({ name, description }) => ({
    name,
    description,
    inputSchema: { type: 'object', properties, required: Object.keys(properties) },
  })),
};
const serverInfo = { name: 'benchmark', version: '1.0.0' };
const initialized = {
  protocolVersion: PROTOCOL_VERSION,
  capabilities: { tools: { listChanged: true } },
  serverInfo,
};

/** The right answer to a message of the load, without MCP: what is left is the work of the host. No message: a `DELETE`. */
export function bareAnswer(authorization: string | undefined, message: Message | undefined): BareAnswer {
  if (authInfoOf(authorization?.slice('Bearer '.length) ?? '') === undefined) {
    return { status: 401, headers: noHeaders, body: { error: 'invalid_token' } };
  }
  if (message === undefined) return { status: 200, headers: noHeaders };
  if (message.id === undefined) return { status: 202, headers: noHeaders };
  if (message.params?._meta?.progressToken !== undefined) return withProgress(message);
  const headers = message.method === 'initialize' ? ofSession : noHeaders;
  return { status: 200, headers, body: { result: resultTo(message), jsonrpc: '2.0', id: message.id } };
}

function resultTo({ method, params }: Message): object {
  if (method === 'initialize') return initialized;
  if (method === 'tools/list') return listed;
  const sum = sumOf(params.arguments);
  const result = resultOf(params.name === 'large' ? largeText(sum) : String(sum));
  if (params._meta?.['io.modelcontextprotocol/protocolVersion'] !== MODERN_VERSION) return result;
  return { ...result, resultType: 'complete', _meta: { 'io.modelcontextprotocol/serverInfo': serverInfo } };
}

function withProgress(message: Message): BareAnswer {
  const progressToken = message.params._meta?.progressToken;
  const events: object[] = [];
  for (let progress = 1; progress <= PROGRESS_STEPS; progress += 1) {
    const params = { progressToken, progress, total: PROGRESS_STEPS };
    events.push({ jsonrpc: '2.0', method: 'notifications/progress', params });
  }
  events.push({ result: resultTo(message), jsonrpc: '2.0', id: message.id });
  const body = events.map((event) => `event: message\ndata: ${JSON.stringify(event)}\n\n`).join('');
  return { status: 200, headers: eventStream, body };
}
