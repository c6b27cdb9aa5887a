import { expect, it, onTestFinished } from 'vitest';
import { ask } from '../modern/support/modern-wire.ts';
import { textOfLog } from '../support/rejections.ts';
import { recordingLogger, said, serve, serverWith, textOf } from '../support/tenancy-server.ts';
import { canHidePackages, withoutPackage } from './support/without-package.ts';

it.skipIf(!canHidePackages)(
  'an SDK v2 that cannot be loaded is an error of the requests that need it, and of no others',
  async () => {
    onTestFinished(withoutPackage('@modelcontextprotocol/server', new SyntaxError('half a file')));
    const logger = recordingLogger();
    const served = await serve({ createServer: () => serverWith({ hello: async () => said('hello') }), logger });

    const { status, text, response } = await ask(served.wire(), 'server/discover', {}, { id: 'x' });

    expect({ status, response }).toMatchObject({ status: 500, response: { id: 'x', error: { code: -32603 } } });
    expect(text).not.toContain('half a file');
    expect(textOfLog(logger.lines)).toContain('half a file');
    expect(textOf(await (await served.open()).call('tools/call', { name: 'hello' }))).toBe('hello');
  },
);
