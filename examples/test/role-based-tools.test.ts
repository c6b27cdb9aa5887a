import { expect, test } from 'vitest';
import { toolNames } from '../connect-client.ts';
import { start } from '../role-based-tools.ts';
import { callTool, connected, started, toolsChanged } from './connect.ts';

test('a role has its tools and those of the roles before it', async () => {
  const { url, tokens } = await started(start());

  expect(await toolNames(await connected(url, tokens.viewer))).toEqual(['read_document']);
  expect(await toolNames(await connected(url, tokens.editor))).toEqual(['read_document', 'write_document']);
  expect(await toolNames(await connected(url, tokens.admin))).toEqual([
    'read_document',
    'write_document',
    'delete_document',
  ]);
});

test('all roles work on the same documents', async () => {
  const { url, tokens } = await started(start());
  const viewer = await connected(url, tokens.viewer);
  const editor = await connected(url, tokens.editor);
  const admin = await connected(url, tokens.admin);

  await callTool(editor, 'write_document', { title: 'plan', text: 'Ship it' });
  expect(await callTool(viewer, 'read_document', { title: 'plan' })).toBe('Ship it');
  expect(await callTool(viewer, 'delete_document', { title: 'plan' })).toMatch(/delete_document not found/);
  expect(await callTool(admin, 'delete_document', { title: 'plan' })).toBe("'plan' is deleted");
  expect(await callTool(viewer, 'read_document', { title: 'plan' })).toBe("There is no document 'plan'");
});

test('a promotion brings the new tools into the open session', async () => {
  const { url, tokens, changeRole } = await started(start());
  const viewer = await connected(url, tokens.viewer);

  const announced = toolsChanged(viewer);
  changeRole(tokens.viewer, 'editor');
  await announced;
  expect(await toolNames(viewer)).toContain('write_document');
});
