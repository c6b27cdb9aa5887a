/** What the layer logs to: pino's shape, so that a Fastify or pino logger fits as it is. */
export interface Logger {
  debug(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Logs nothing: the default. */
export const silentLogger: Logger = { debug() {}, warn() {}, error() {} };

/** Logs by a logger that may be broken: what it throws harms nobody. */
export function logWith(logger: Partial<Logger>, level: keyof Logger, fields: object, message: string): void {
  try {
    logger[level]?.(fields, message);
  } catch {
    // There is nowhere left to say so.
  }
}
