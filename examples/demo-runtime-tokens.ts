// Tokens come, change and go while clients are connected.
//   npm run demo:runtime-tokens          (DEMO_STEP_MS=2000 for a step every two seconds)
import { setInterval } from 'node:timers/promises';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { createPerBearerMcpServer, type PerBearerMcpServer } from 'fastify-mcp-server';
import { printClientConfiguration } from './client-configuration.ts';
import { readSetting, runExample } from './run-example.ts';
import { textResult } from './text-result.ts';

const tokens = { first: 'demo-first-token', second: 'demo-second-token' };

function buildServer(name: string, toolNames: readonly string[]): McpServer {
  const server = new McpServer({ name, version: '1.0.0' });
  for (const toolName of toolNames) {
    server.registerTool(toolName, { description: `Answers as ${name}` }, () => textResult(`${toolName} of ${name}`));
  }
  return server;
}

/** What happens, in this order. Every step acts on connected clients at once. */
const STEPS: readonly { readonly says: string; readonly run: (server: PerBearerMcpServer) => void }[] = [
  {
    says: 'added: the second token works now',
    run: (server) => server.addToken(tokens.second, () => buildServer('second', ['greet'])),
  },
  {
    says: "updated: the first token's clients keep their session, and are offered the tool 'report' too",
    run: (server) => server.updateToken(tokens.first, () => buildServer('first-v2', ['greet', 'report'])),
  },
  {
    says: "removed: the second token's sessions have ended, its next request is a 401",
    run: (server) => server.removeToken(tokens.second),
  },
];

export async function start({ port = 0 } = {}) {
  const server = createPerBearerMcpServer({ port });
  server.addToken(tokens.first, () => buildServer('first', ['greet']));
  const { url } = await server.start();
  const schedule = STEPS.values();
  /** Runs the next step and says what it was; `undefined` when there is none left. */
  const nextStep = (): string | undefined => {
    const step = schedule.next().value;
    step?.run(server);
    return step?.says;
  };
  return { url, tokens, server, nextStep, stop: () => server.stop() };
}

if (import.meta.main) {
  await runExample(start, async ({ url, nextStep }) => {
    const stepMs = readSetting('DEMO_STEP_MS', { fallback: 10_000, min: 1, max: 3_600_000 });
    printClientConfiguration('Tokens that come, change and go', url, tokens);
    console.log(`The second token comes with the first of ${STEPS.length} steps; one every ${stepMs} ms.`);
    for await (const _ of setInterval(stepMs)) {
      const said = nextStep();
      if (said === undefined) break;
      console.log(said);
    }
    console.log('The schedule is over; the first token works until you stop the demo.');
  });
}
