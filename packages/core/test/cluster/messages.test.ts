import { describe, expect, it } from 'vitest';
import { clientElsewhere } from '../support/overhear.ts';
import { call } from '../support/parking.ts';
import { textOf } from '../support/tenancy-server.ts';

describe('a message of another process', () => {
  it.each(['', 'no JSON', '{"type":"request"', 'null', '{"type":"revoke"}'])(
    'that is %j is logged, and changes nothing',
    async (damaged) => {
      const { owner, front, there } = await clientElsewhere();
      await front.process.bus.send(owner.process.ownership.processId, damaged);
      await front.process.bus.broadcast(damaged);
      expect(textOf(await there.call(...call('where')))).toBe(owner.name);
      expect(owner.lines.filter(({ level }) => level === 'warn')).toMatchObject([
        { message: 'A message of another process cannot be understood', fields: { err: expect.any(Error) } },
        { message: 'A message of another process cannot be understood' },
      ]);
    },
  );

  it.each([
    { type: 'of a later version', exchange: 'one.0:1' },
    {},
    [],
    7,
    { type: 'request' },
    { type: 'lost', exchange: 'nothing' },
    { type: 'part', exchange: 'nothing', number: 1, part: 'end' },
    { type: 'taken', exchange: 'nothing' },
    { type: 'moved', exchange: 'nothing' },
    { type: 'gone', exchange: 'nothing' },
    { type: 'flushed', exchange: 'nothing' },
    { type: 'end', sessionId: 'nothing', reason: 'operator' },
  ])('that is %j, which it knows nothing of, is passed over', async (unknown) => {
    const { owner, front, there } = await clientElsewhere();
    await front.process.bus.send(owner.process.ownership.processId, JSON.stringify(unknown));
    await front.process.bus.broadcast(JSON.stringify(unknown));
    expect(textOf(await there.call(...call('where')))).toBe(owner.name);
    expect(owner.lines.filter(({ level }) => level !== 'debug')).toEqual([]);
  });
});
