import { parseArgs } from 'node:util';
import { type Tool, type ToolSetName, toolSets } from '../tool-sets.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    tools: { type: 'string', default: 'small' },
    tenants: { type: 'string', default: '8' },
    bare: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    lean: { type: 'boolean', default: false },
    'cache-list': { type: 'boolean', default: false },
    'sdk-v2': { type: 'boolean', default: false },
    'in-place': { type: 'boolean', default: false },
    lazy: { type: 'boolean', default: false },
    members: { type: 'string', default: '1' },
  },
});

/** What a server's process was asked for on its command line. */
export const serverOptions = {
  /** The first word: which host. */
  host: positionals[0],
  toolSet: values.tools as ToolSetName,
  tools: toolSets[values.tools as ToolSetName] satisfies readonly Tool[],
  /** How many tokens it knows. */
  tenants: Number(values.tenants),
  /** A route without MCP. */
  bare: values.bare,
  /** Answers as JSON, in a library that streams them unless told otherwise. */
  json: values.json,
  /** Schemas and validator are made once, and shared by all servers of the process. */
  lean: values.lean,
  /** Servers keep their list of tools until it changes: an opt-in of the factory. */
  cacheList: values['cache-list'],
  /** Ours with servers of SDK v2, which speak both eras. */
  sdkV2: values['sdk-v2'],
  /** Factories of SDK v2 make their schemas where they register their tools, as its documentation does. */
  inPlace: values['in-place'],
  /** Ours with servers that wait to be needed. */
  lazy: values.lazy,
  /** Processes of a fleet. */
  members: Number(values.members),
};
