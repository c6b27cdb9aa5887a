/** How a client reaches one server over HTTP. */
interface HttpServerEntry {
  readonly type: 'http';
  readonly url: string;
  readonly headers?: { readonly Authorization: string };
}

/** The same servers in the two forms that clients read. */
export interface ClientConfiguration {
  /** For the configuration file of the common desktop clients. */
  readonly desktop: { readonly mcpServers: Readonly<Record<string, HttpServerEntry>> };
  /** For VS Code: `.vscode/mcp.json`. */
  readonly vscode: { readonly servers: Readonly<Record<string, HttpServerEntry>> };
}

/** Tokens by the name under which a client shows their server; `undefined` where a server asks for no token. */
export type TokensByName = Readonly<Record<string, string | undefined>>;

/** What clients need to reach the server at `url`: one entry for each token. */
export function clientConfiguration(url: string, tokens: TokensByName): ClientConfiguration {
  const entries = Object.fromEntries(Object.entries(tokens).map(([name, token]) => [name, entryOf(url, token)]));
  return { desktop: { mcpServers: entries }, vscode: { servers: entries } };
}

/** Prints where a server is, its tokens, and the configuration to copy. Only for demo tokens: real ones are secrets. */
export function printClientConfiguration(title: string, url: string, tokens: TokensByName): void {
  const { desktop, vscode } = clientConfiguration(url, tokens);
  const shown = Object.entries(tokens).map(([name, token]) => `  ${name}: ${token ?? '(no token)'}`);
  console.log(`${title}

URL: ${url}
Tokens:
${shown.join('\n')}

Desktop clients:
${JSON.stringify(desktop, null, 2)}

VS Code (.vscode/mcp.json):
${JSON.stringify(vscode, null, 2)}
`);
}

function entryOf(url: string, token: string | undefined): HttpServerEntry {
  return { type: 'http', url, ...(token !== undefined && { headers: { Authorization: `Bearer ${token}` } }) };
}
