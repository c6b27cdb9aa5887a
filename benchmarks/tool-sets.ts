import { z } from 'zod';

/** What a tool answers. */
export interface ToolResult {
  [key: string]: unknown;
  content: { type: 'text'; text: string }[];
}

/** Tells the client how far a call is, 1 … {@link PROGRESS_STEPS}. */
export type Report = (progress: number) => Promise<void>;

/** A tool, as every server of the benchmark registers it by its own means. */
export interface Tool {
  readonly name: string;
  readonly description: string;
  /** The schemas of its arguments, made anew at each call, as by a factory that writes them in place. */
  shape(): z.ZodRawShape;
  call(args: Record<string, unknown>, report: Report): ToolResult | Promise<ToolResult>;
}

/** Tools that a server can be asked to have. */
export type ToolSetName = 'small' | 'large' | 'list' | 'progress';

/** Bytes of the large result. */
export const LARGE_BYTES = 65_536;

/** Notifications of progress that a call sends. */
export const PROGRESS_STEPS = 3;

const TOOLS_OF_LIST = 50;

const small = Array.from({ length: 10 }, (_, index) => adding(`add-${index}`));

/** The tools of every set. */
export const toolSets: Readonly<Record<ToolSetName, readonly Tool[]>> = {
  small,
  large: [...small, { ...adding('large'), call: async (args) => resultOf(largeText(sumOf(args))) }],
  list: Array.from({ length: TOOLS_OF_LIST }, (_, index) => listed(index)),
  progress: [...small, { ...adding('progress'), call: sumWithProgress }],
};

/** The text of the large result: another one for each of 26 seeds. */
export function largeText(seed: number): string {
  return String.fromCharCode(97 + (seed % 26)).repeat(LARGE_BYTES);
}

/** What the tools add up. */
export function sumOf(args: Record<string, unknown>): number {
  return Number(args.a) + Number(args.b);
}

/** A result of one text. */
export function resultOf(text: string): ToolResult {
  return { content: [{ type: 'text', text }] };
}

function adding(name: string): Tool {
  return {
    name,
    description: 'Adds two numbers',
    shape: () => ({ a: z.number(), b: z.number() }),
    call: (args) => resultOf(String(sumOf(args))),
  };
}

async function sumWithProgress(args: Record<string, unknown>, report: Report): Promise<ToolResult> {
  for (let progress = 1; progress <= PROGRESS_STEPS; progress += 1) await report(progress);
  return resultOf(String(sumOf(args)));
}

function listed(index: number): Tool {
  return {
    name: `search-${index}`,
    description: `Searches collection ${index}, and answers with what it finds`,
    shape: () => ({
      query: z.string().describe('What to search for'),
      limit: z.number().describe('How many results at most'),
      tags: z.array(z.string()).describe('Tags that results must have'),
    }),
    call: () => resultOf(String(index)),
  };
}
