import { describe, expect, it } from 'vitest';
import { askForConsent, type Extra, gate, said, serve, serverWith } from '../support/tenancy-server.ts';

const WITH_ELICITATION = { capabilities: { elicitation: {} } };

/** A shared server that keeps what belongs to the first call, and uses it in the second. */
async function serveForgetful(use: (late: Extra) => Promise<unknown>) {
  const kept = gate<Extra>();
  const used = gate<unknown>();
  const server = serverWith({
    keep: async (extra) => {
      kept.open(extra);
      return said('kept');
    },
    use: async () => {
      used.open(await use(await kept.opened).catch((error) => error));
      return said('used');
    },
  });
  const served = await serve({ server });
  const [owner, other] = [
    await served.open(undefined, WITH_ELICITATION),
    await served.open(undefined, WITH_ELICITATION),
  ];
  await owner.call('tools/call', { name: 'keep' });
  const use_ = other.request('tools/call', { name: 'use' });
  return { owner, other, used: used.opened, request: use_ };
}

describe('what belongs to a call of a shared server that has been answered', () => {
  it('reaches nobody as a notification: neither another session nor its own', async () => {
    const params = { level: 'info' as const, data: 'for the owner only' };
    const { owner, other, used, request } = await serveForgetful(({ sendNotification }) =>
      sendNotification({ method: 'notifications/message', params }),
    );
    const streams = [await owner.listen(), await other.listen()];

    const { headers, text } = await other.send({ body: request });

    expect(headers['content-type']).toBe('application/json');
    expect(text).not.toContain('owner');
    expect(await used).toBeUndefined();
    await Promise.all([owner, other].map((client) => client.send({ method: 'DELETE' })));
    for (const { events } of streams) expect(await events.rest()).not.toContain('owner');
  });

  it('is refused as a request: no client is asked', async () => {
    const { other, used, request } = await serveForgetful(askForConsent);

    const { headers } = await other.send({ body: request });

    expect(headers['content-type']).toBe('application/json');
    expect(await used).toMatchObject({ message: 'The request it belongs to has been answered' });
  });
});
