/** Whether nothing else keeps the machine busy, so that times can be told: `npm run faults`. */
export const QUIET = process.env.FAULT_ROUNDS !== undefined;
/** How often a fault is repeated. */
export const ROUNDS = Number(process.env.FAULT_ROUNDS ?? 1);
/** Among other tests a process may have to wait for long: it must not lose its lease by that. */
export const LEASE_MS = QUIET ? 5_000 : 8_000;
/** What is added to times that are promised: nothing, where they can be told. */
export const SLACK_MS = QUIET ? 0 : 10_000;
/** For how long clients try again where they are told to come back later, ms: where times can be told, a process that is busy is no excuse. */
export const PATIENCE_MS = QUIET ? 0 : 30_000;
