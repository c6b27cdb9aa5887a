// Starts the per-bearer demo and points the MCP Inspector at it.
//   npm run inspector                                 the web UI
//   npm run inspector -- --cli --method tools/list    the command line
// MCP_TOKEN picks another of the demo's tokens, PORT a port for the demo (any free one otherwise).
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { start } from '../examples/demo-per-bearer.ts';

const MODES = ['--web', '--cli', '--tui'];

/** The Inspector's launcher, as its package names it. */
function inspectorPath() {
  const require = createRequire(import.meta.url);
  const manifest = '@modelcontextprotocol/inspector/package.json';
  return require.resolve(`@modelcontextprotocol/inspector/${require(manifest).bin['mcp-inspector']}`);
}

const { PORT = '0', MCP_TOKEN } = process.env;
const demo = await start({ port: PORT });
try {
  const asked = process.argv.slice(2);
  // The launcher reads its mode before everything else.
  const mode = MODES.includes(asked[0]) ? asked.shift() : '--web';
  const header = `Authorization: Bearer ${MCP_TOKEN ?? demo.tokens.basic}`;
  const target = ['--transport', 'http', '--server-url', demo.url, '--header', header];
  const inspector = spawn(process.execPath, [inspectorPath(), mode, ...target, ...asked], { stdio: 'inherit' });
  // A terminal interrupts the Inspector too, a supervisor only this process. The Inspector's end is the demo's in both cases.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => inspector.kill());
  const [code] = await once(inspector, 'exit');
  process.exitCode = code ?? 1;
} finally {
  await demo.stop();
}
