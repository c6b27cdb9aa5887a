import { describe, expect, it } from 'vitest';
import { byToken } from './support/limits.ts';
import { eventsOf, serve, serverWith } from './support/tenancy-server.ts';

const NOTIFICATION = { method: 'notifications/message', params: { level: 'info', data: 'hello' } };
/** What a name that could not be found may be. */
const NO_NAMES: readonly unknown[] = [undefined, null, '', 5, true, ['acme'], {}];

/** A tenancy with one session of each of two tenants. */
async function served() {
  const all = await serve({ ...byToken, createServer: () => serverWith({}) });
  const [acme, other] = [await all.open('acme.ann'), await all.open('other.ann')];
  return { ...all, acme, other, ends: eventsOf(all.tenancy, 'sessionEnded') };
}

const cases = (names: readonly string[]) => names.flatMap((name) => NO_NAMES.map((value) => [name, value] as const));

describe('a target that names nobody', () => {
  it.each(cases(['tenantId', 'sessionId']))(
    '%s: %j is a TypeError for notify(), and nobody hears it',
    async (name, value) => {
      const { tenancy, acme } = await served();
      const notify = () => tenancy.notify({ [name]: value } as never, NOTIFICATION);
      expect(notify).toThrow(TypeError);
      expect(notify).toThrow(`target.${name}`);
      const stream = await acme.listen();
      tenancy.notify({}, { ...NOTIFICATION, params: { level: 'info', data: 'next' } });
      expect(await stream.events.message()).toMatchObject({ params: { data: 'next' } });
      stream.close();
    },
  );

  it.each(cases(['tenantId', 'token', 'subject']))(
    '%s: %j is a TypeError for revoke(), and ends nothing',
    async (name, value) => {
      const { tenancy, ends } = await served();
      const revocation = { ...(name === 'subject' && { tenantId: 'acme' }), [name]: value };
      const error = await tenancy.revoke(revocation as never).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(TypeError);
      expect(String(error)).toContain(`revocation.${name}`);
      expect({ ends, size: tenancy.sessions.size }).toEqual({ ends: [], size: 2 });
    },
  );

  it('is a TypeError for revoke() where one name is good and another is none', async () => {
    const { tenancy, ends } = await served();
    const revocation = { tenantId: 'acme', token: undefined };
    await expect(tenancy.revoke(revocation as never)).rejects.toThrow(TypeError);
    expect(ends).toEqual([]);
  });

  it.each([{ tenant: 'acme' }, { tenantId: 'acme', sessionId: 'x' }, { tenantId: 'acme', Subject: 'ann' }])(
    '%j has a name that revoke() does not know: a TypeError that names it',
    async (revocation) => {
      const { tenancy, ends } = await served();
      const unknown = Object.keys(revocation).at(-1);
      const error = await tenancy.revoke(revocation as never).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(TypeError);
      expect(String(error)).toContain(unknown);
      expect(ends).toEqual([]);
    },
  );

  it.each([[null], [undefined], ['acme'], [[]]])('%j is none for revoke(): a TypeError', async (revocation) => {
    const { tenancy, ends } = await served();
    await expect(tenancy.revoke(revocation as never)).rejects.toThrow(TypeError);
    expect(ends).toEqual([]);
  });

  it.each(cases(['tenantId']))('%s: %j is a TypeError for sessions.list()', async (name, value) => {
    const { tenancy } = await served();
    const error = await tenancy.sessions.list({ [name]: value } as never).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).toContain(`query.${name}`);
  });

  it('is everybody where nobody is named, for notify() and sessions.list()', async () => {
    const { tenancy } = await served();
    expect(tenancy.notify({}, NOTIFICATION)).toBe(2);
    expect((await tenancy.sessions.list({})).sessions).toHaveLength(2);
    expect((await tenancy.sessions.list({ tenantId: 'acme' })).sessions).toMatchObject([
      { principal: { tenantId: 'acme' } },
    ]);
  });
});
