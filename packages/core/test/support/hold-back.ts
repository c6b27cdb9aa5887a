import type { ControlledStore, StoreOperation } from './controlled-store.ts';
import { gate } from './tenancy-server.ts';

/** Operations of a store that wait for a test. */
export interface HeldBack {
  /** Resolves when the first of them waits. */
  readonly held: Promise<void>;
  /** Lets them go on, and holds nothing back any more. */
  release(): void;
}

/** Holds the operations of one kind back from now on: before they take effect, or after that their answers. */
export function holdBack(
  store: ControlledStore,
  operation: StoreOperation,
  when: 'before' | 'after' = 'before',
): HeldBack {
  const [held, released] = [gate(), gate()];
  store[when] = (asked) => {
    if (asked !== operation) return undefined;
    held.open();
    return released.opened;
  };
  const release = () => {
    store[when] = () => {};
    released.open();
  };
  return { held: held.opened, release };
}
