import { McpServer } from '@modelcontextprotocol/server';
import { describe, expect, it } from 'vitest';
import { textOfLog } from '../support/rejections.ts';
import { eventually, gate, recordingLogger, said, serve, textOf, tokens } from '../support/tenancy-server.ts';
import { hanging } from './support/modern-servers.ts';
import { callTool } from './support/modern-wire.ts';

/** A server that is told of every message before it gets it. */
class HookedServer extends McpServer {
  readonly #hook: (method: unknown) => void;

  constructor(hook: (method: unknown) => void) {
    super({ name: 'hooked', version: '1.0.0' });
    this.#hook = hook;
  }

  override async connect(transport: Parameters<McpServer['connect']>[0]): Promise<void> {
    await super.connect(transport);
    const { onmessage } = transport;
    transport.onmessage = (message, extra) => {
      this.#hook('method' in message ? message.method : undefined);
      onmessage?.(message, extra);
    };
  }
}

describe('a hook of a pooled server that throws', () => {
  it('at a request: it is answered by a server of its own, and the log says why', async () => {
    const logger = recordingLogger();
    let failures = 1;
    const create = () => {
      const server = new HookedServer((method) => {
        if (method !== 'tools/call' || failures === 0) return;
        failures -= 1;
        throw new Error('the hook failed');
      });
      server.registerTool('hello', {}, () => said('hello'));
      return server;
    };
    const served = await serve({ provider: tokens({ 'token-1': create }), logger });

    expect(textOf((await callTool(served.wire('token-1'), 'hello')).response)).toBe('hello');
    expect(failures).toBe(0);
    expect(textOfLog(logger.lines)).toContain('the hook failed');
  });

  it('at a cancellation: the client is answered all the same, and the log says why', async () => {
    const logger = recordingLogger();
    const started = gate();
    const create = () => {
      const server = new HookedServer((method) => {
        if (method === 'notifications/cancelled') throw new Error('the hook failed');
      });
      server.registerTool('hang', {}, () => {
        started.open();
        return hanging();
      });
      return server;
    };
    const served = await serve({ provider: tokens({ 'token-1': create }), logger });
    const answer = callTool(served.wire('token-1'), 'hang');
    await started.opened;

    await served.tenancy.revoke({ token: 'token-1' });

    expect((await answer).response.error).toMatchObject({ code: -32000 });
    await eventually(() => textOfLog(logger.lines).includes('the hook failed'));
  });
});
