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

/**
 * The tools of a server whose parameters are repeated in headers (`x-mcp-header`; MCP 2026-07-28, Streamable HTTP, Custom Headers from Tool Parameters). The
 * server itself is asked for them when a tool is called for the first time, and again when its list has changed.
 */
export class ParamHeaders {
  readonly #transport: PooledTransport;
  #tools: Promise<ReadonlySet<string>> | undefined;

  constructor(transport: PooledTransport) {
    this.#transport = transport;
  }

  /** Whether the SDK must compare the headers of this request with its parameters. */
  async concern({ method, params }: JSONRPCRequest): Promise<boolean> {
    if (method !== 'tools/call') return false;
    this.#tools ??= this.#ask();
    return (await this.#tools).has(String(params?.name));
  }

  /** The server has told of a change. */
  follow({ method }: JSONRPCNotification): void {
    if (method === 'notifications/tools/list_changed') this.#tools = undefined;
  }

  #ask(): Promise<ReadonlySet<string>> {
    return new Promise((resolve) => {
      const asked = this.#transport.ask(LIST_TOOLS, MODERN, {
        told: () => {},
        answered: (response) => resolve(new Set('result' in response ? toolsWithHeaders(response.result.tools) : [])),
      });
      if (asked === undefined) resolve(new Set());
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
