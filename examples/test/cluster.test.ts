import { expect, onTestFinished, test } from 'vitest';
import { type RunningProgram, runProgram } from './child-process.ts';

const PROGRAM = 'examples/cluster/run.ts';

/** The demo, which ends its processes with itself. */
function runDemo(env: Readonly<Record<string, string>> = {}): RunningProgram {
  const demo = runProgram(PROGRAM, { env });
  onTestFinished(async () => {
    demo.terminate();
    await demo.ended();
  });
  return demo;
}

/** The rows of the demo's table. */
function rowsOf(text: string): { number: number; takenBy: string; servedBy: string }[] {
  const rows = text.matchAll(/^ *(\d+) {3}(\w+) +(\w+) +\d+$/gm);
  return Array.from(rows, ([, number, takenBy = '', servedBy = '']) => ({ number: Number(number), takenBy, servedBy }));
}

// Six processes start, one after the other: on a busy machine that takes a while.
test('a session goes on, whichever process takes its calls, while every process is restarted', {
  timeout: 90_000,
}, async () => {
  const { code, stdout, stderr } = await runDemo().ended();
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });

  const [before = '', during = ''] = stdout.split(/^--- .* is asked to end$/m);
  const rows = rowsOf(stdout);
  expect(rows.map(({ number }) => number)).toEqual(rows.map((_row, index) => index + 1));
  // The balancer is not sticky, and one process has the session until it is asked to end.
  expect(new Set(rowsOf(before).map(({ takenBy }) => takenBy))).toEqual(new Set(['one', 'two', 'three']));
  const owners = new Set(rowsOf(before).map(({ servedBy }) => servedBy));
  expect(owners.size).toBe(1);
  expect(owners).not.toContain(rowsOf(during).at(-1)?.servedBy);

  expect(stdout.match(/^--- \w+ is back$/gm)).toHaveLength(3);
  expect(stdout).toContain(`the session is the same, and none of its ${rows.length} calls failed`);
  expect(stdout).toMatch(/The token is removed, on all of them: .*invalid_token/);
});

test('it can be stopped in the middle', async () => {
  const demo = runDemo();
  await demo.printed(/is asked to end/);
  demo.terminate();
  expect(await demo.ended()).toMatchObject({ code: 0, stderr: '' });
});

test('it says in one line what is missing', async () => {
  const { code, stdout, stderr } = await runDemo({ REDIS_URL: '', PATH: '' }).ended();
  expect(stderr).toMatch(/^This demo needs a Redis: set REDIS_URL, or install redis-server .*\n$/);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
});

test('it says in one line that the Redis of REDIS_URL does not answer', async () => {
  const { code, stderr } = await runDemo({ REDIS_URL: 'redis://127.0.0.1:1' }).ended();
  expect({ code, stderr }).toEqual({ code: 1, stderr: 'Redis does not answer: is REDIS_URL right?\n' });
});
