// Starts the per-bearer demo and points the MCP Inspector at it, as the demo's first tenant.
//   npm run inspector                                 the web UI
//   npm run inspector -- --cli --method tools/list    the command line
// MCP_TOKEN picks another of the demo's tokens.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const fromRoot = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

const demo = spawn(process.execPath, [fromRoot('examples/demo-per-bearer.ts')], {
  stdio: ['ignore', 'pipe', 'inherit'],
});

/** Reads what the demo prints until it has named its URL and a token; rejects when the demo ends before that. */
async function readDemo() {
  let printed = '';
  for await (const chunk of demo.stdout.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    printed += chunk;
    const url = printed.match(/https?:\/\/[^\s"']+\/mcp\b/)?.[0];
    const token = process.env.MCP_TOKEN ?? printed.match(/Bearer ([\w.~+/-]+=*)/)?.[1];
    if (url && token) return { url, token };
  }
  throw new Error(`the demo ended without printing its URL and a token:\n${printed}`);
}

try {
  const { url, token } = await readDemo();
  demo.stdout.resume();
  const asked = process.argv.slice(2);
  const mode = ['--web', '--cli', '--tui'].includes(asked[0]) ? asked.shift() : '--web';
  const target = ['--transport', 'http', '--server-url', url, '--header', `Authorization: Bearer ${token}`];
  const bin = fromRoot('node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js');
  const inspector = spawn(process.execPath, [bin, mode, ...target, ...asked], { stdio: 'inherit' });
  process.on('SIGINT', () => {}); // the terminal interrupts the inspector too; its end ends the demo
  process.exitCode = await new Promise((resolve) => inspector.once('exit', (code) => resolve(code ?? 1)));
} finally {
  demo.kill();
}
