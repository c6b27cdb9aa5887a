import type { EventLog } from '@mcp-tenancy/core';
import { expect, it } from 'vitest';
import { serve, serverWith } from '../support/tenancy-server.ts';

it('a log that has kept nothing, and says that this is all, does not keep a stream from going on', async () => {
  const eventLog: EventLog = {
    append() {},
    after: () => ({ events: [], complete: true }),
    forgetStream() {},
    forgetSession() {},
  };
  const { open, tenancy } = await serve({ createServer: () => serverWith({}), streams: { eventLog } });
  const client = await open();
  const say = (data: string) =>
    tenancy.notify({}, { method: 'notifications/message', params: { level: 'info', data } });
  say('lost');
  const { events, close } = await client.listen();
  say('heard');
  expect(await events.message()).toMatchObject({ params: { data: 'heard' } });
  close();
});
