import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const sourceOf = (name: string) => fileURLToPath(new URL(`./packages/${name}/src/index.ts`, import.meta.url));

export default defineConfig({
  // Tests meet the packages by name and run their sources, so that coverage counts those and not dist.
  resolve: {
    alias: [
      { find: /^@mcp-tenancy\/core$/, replacement: sourceOf('core') },
      {
        find: /^@mcp-tenancy\/core\/fast-guards$/,
        replacement: sourceOf('core').replace('index.ts', 'fast-guards.ts'),
      },
      { find: /^@mcp-tenancy\/express$/, replacement: sourceOf('express') },
      { find: /^@mcp-tenancy\/hono$/, replacement: sourceOf('hono') },
      { find: /^@mcp-tenancy\/redis$/, replacement: sourceOf('redis') },
      { find: /^@mcp-tenancy\/sqlite$/, replacement: sourceOf('sqlite') },
      { find: /^@mcp-tenancy\/testing$/, replacement: sourceOf('testing') },
      { find: /^fastify-mcp-server$/, replacement: sourceOf('fastify-mcp-server') },
    ],
  },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'examples/test/**/*.test.ts', 'docs/test/**/*.test.ts'],
    pool: 'forks',
    // Many tests wait most of the time.
    maxWorkers: Math.max(availableParallelism() - 1, 2),
    globalSetup: 'packages/redis/test/support/global-setup.ts',
    testTimeout: 30_000,
    expect: { poll: { timeout: 10_000 } },
    // Many tests are about time: where the machine stood still for a moment, they are tried again a little later. The report says so.
    retry: { count: 2, delay: 2_000 },
    coverage: {
      provider: 'v8',
      include: ['packages/*/src/**'],
      // Its code is the tests' own.
      exclude: ['packages/testing/**'],
      reporter: [['text', { skipFull: true }], 'text-summary'],
      thresholds: { lines: 100, functions: 100, statements: 100, branches: 97 },
    },
  },
});
