import closeWithGrace from 'close-with-grace';

/** What the `start` of every example returns. */
export interface RunningExample {
  stop(): Promise<void>;
}

/** A setting of the environment that is not what it should be. */
class SettingError extends Error {}

/**
 * Runs an example as a program: starts it on the port that the environment variable PORT names (default 3000), and stops it when a
 * signal comes. A port that cannot be had ends the program with a message that names PORT.
 */
export async function runExample<Example extends RunningExample>(
  start: (options: { port: number }) => Promise<Example>,
  onStarted: (example: Example) => void | Promise<void>,
): Promise<void> {
  try {
    const example = await start({ port: readSetting('PORT', { fallback: 3000, min: 0, max: 65_535 }) });
    // The library installs no signal handlers: when to stop is the program's decision.
    closeWithGrace(async ({ err }) => {
      if (err) console.error(err);
      await example.stop();
    });
    await onStarted(example);
  } catch (error) {
    console.error(explain(error));
    process.exit(1);
  }
}

/** A whole number from the environment. Throws an error that names the variable and what it takes. */
export function readSetting(name: string, { fallback, min, max }: { fallback: number; min: number; max: number }) {
  const value = process.env[name] ?? String(fallback);
  const number = Number(value);
  if (/^\d+$/.test(value) && number >= min && number <= max) return number;
  throw new SettingError(`${name} must be a whole number from ${min} to ${max}, got '${value}'`);
}

function explain(error: unknown): unknown {
  if (error instanceof SettingError) return error.message;
  if (!(error instanceof Error) || !('code' in error) || !('port' in error)) return error;
  if (error.code === 'EADDRINUSE') {
    return `Port ${error.port} is taken: set PORT to another one, or to 0 for any free port`;
  }
  if (error.code === 'EACCES') return `Port ${error.port} needs privileges: set PORT to another one`;
  return error;
}
