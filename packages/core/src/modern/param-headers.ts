import { isObject, type JSONRPCNotification, type JSONRPCRequest } from '../protocol/json-rpc.ts';
import { REVISION_KEY } from '../request/classify-era.ts';
import { CAPABILITIES_KEY, MODERN_REVISION } from './fast-request.ts';
import { MODERN, type PooledTransport } from './pooled-transport.ts';

const LIST_TOOLS: JSONRPCRequest = {
  jsonrpc: '2.0',
  id: 0,
  method: 'tools/list',
  params: { _meta: { [REVISION_KEY]: MODERN_REVISION, [CAPABILITIES_KEY]: {} } },
};

/** ms that a server may take to say which tools it has. */
const LIST_TIMEOUT_MS = 5_000;

/**
 * The tools of a server whose parameters are repeated in headers (`x-mcp-header`; MCP 2026-07-28, Streamable HTTP, Custom Headers from Tool Parameters). The
 * server itself is asked for them when a tool is called for the first time, and again when its list has changed.
 */
export class ParamHeaders {
  readonly #transport: PooledTransport;
  #tools: Promise<ReadonlySet<string> | undefined> | undefined;

  constructor(transport: PooledTransport) {
    this.#transport = transport;
  }

  /** Whether the SDK must compare the headers of this request with its parameters; so too where the server does not say. */
  async concern({ method, params }: JSONRPCRequest): Promise<boolean> {
    if (method !== 'tools/call') return false;
    this.#tools ??= this.#ask();
    const tools = await this.#tools;
    if (tools === undefined) this.#tools = undefined;
    return tools?.has(String(params?.name)) ?? true;
  }

  /** The server has told of a change. */
  follow({ method }: JSONRPCNotification): void {
    if (method === 'notifications/tools/list_changed') this.#tools = undefined;
  }

  #ask(): Promise<ReadonlySet<string> | undefined> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(undefined), LIST_TIMEOUT_MS).unref();
      const done = (tools: unknown) => {
        clearTimeout(timer);
        resolve(new Set(toolsWithHeaders(tools)));
      };
      const asked = this.#transport.ask(LIST_TOOLS, MODERN, {
        told: () => {},
        answered: (response) => done('result' in response ? response.result.tools : undefined),
      });
      if (asked === undefined) done(undefined);
    });
  }
}

function toolsWithHeaders(tools: unknown): string[] {
  if (!Array.isArray(tools)) return [];
  const declaring = tools.filter(
    (tool) => isObject(tool) && JSON.stringify(tool.inputSchema)?.includes('"x-mcp-header"'),
  );
  return declaring.map(({ name }) => String(name));
}
