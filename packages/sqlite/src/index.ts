export { createSqliteStores, type SqliteStores } from './create-sqlite-stores.ts';
export type { SqliteStoreOptions } from './read-options.ts';
