import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { start } from '../regional-servers.ts';
import { callTool, connected, started, unauthorized } from './connect.ts';

test('a token is known in its own region only', async () => {
  const { urls, addCustomer } = await started(start());
  addCustomer('acme', 'eu', 'acme-token');

  expect(new Set(Object.values(urls)).size).toBe(3);
  expect(await callTool(await connected(urls.eu, 'acme-token'), 'where_is_my_data')).toBe('eu');
  await expect(connected(urls.us, 'acme-token')).rejects.toMatchObject(unauthorized);
});

test('a customer that moves is cut off in the old region before the new one knows it', async () => {
  const { urls, addCustomer, moveCustomer } = await started(start());
  addCustomer('acme', 'eu', 'acme-token');
  const before = await connected(urls.eu, 'acme-token');

  moveCustomer('acme', 'ap', 'acme-token');

  await expect(before.listTools()).rejects.toMatchObject(unauthorized);
  expect(await callTool(await connected(urls.ap, 'acme-token'), 'where_is_my_data')).toBe('ap');
});

test('where one region cannot start, none is left running', async () => {
  // Below the range that the system picks free ports from: nothing else in these tests listens here.
  const port = 20_000 + (process.pid % 10_000);
  const squatter = createServer();
  await new Promise<void>((resolve) => squatter.listen(port + 1, '127.0.0.1', resolve));
  onTestFinished(() => void squatter.close());

  await expect(start({ port })).rejects.toMatchObject({ code: 'EADDRINUSE', port: port + 1 });
  await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
});
