import { z } from 'zod';
import type { Tool } from '../tool-sets.ts';
import { serverOptions } from './server-options.ts';

const shared = new Map(serverOptions.tools.map((tool) => [tool, z.object(tool.shape())]));

/** The schema of a tool that is made once; or anew, where the process was asked for that. */
export function schemaOf(tool: Tool): z.ZodObject {
  return (serverOptions.inPlace ? undefined : shared.get(tool)) ?? z.object(tool.shape());
}
