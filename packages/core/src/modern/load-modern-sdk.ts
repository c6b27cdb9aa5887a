/** SDK v2: what speaks the 2026 era. */
export type ModernSdk = typeof import('@modelcontextprotocol/server');

let loading: Promise<ModernSdk | undefined> | undefined;

/**
 * SDK v2 where it is installed, `undefined` where it is not; loaded once for the process. Its schemas are made at once: the first request would
 * wait for them otherwise. Rejects where it is there and cannot be loaded.
 */
export function loadModernSdk(): Promise<ModernSdk | undefined> {
  loading ??= load();
  return loading;
}

async function load(): Promise<ModernSdk | undefined> {
  try {
    const sdk = await import('@modelcontextprotocol/server');
    sdk.preloadSchemas();
    return sdk;
  } catch (error) {
    if (isNotInstalled(error)) return undefined;
    throw error;
  }
}

function isNotInstalled(error: unknown): boolean {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === 'ERR_MODULE_NOT_FOUND' && message.includes('@modelcontextprotocol/server');
}
