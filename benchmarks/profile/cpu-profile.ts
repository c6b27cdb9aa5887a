/** What V8 writes with `--cpu-prof`, as far as it is read here. Times are µs. */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  /** On the clock of `process.hrtime`. */
  readonly startTime: number;
  readonly endTime: number;
  /** The node that each sample has met. */
  readonly samples: readonly number[];
  /** From the sample before it, or from the start, to each sample. */
  readonly timeDeltas: readonly number[];
}

interface ProfileNode {
  readonly id: number;
  readonly callFrame: CallFrame;
  readonly children?: readonly number[];
}

interface CallFrame {
  readonly functionName: string;
  /** '0' for what has no source. */
  readonly scriptId: string;
  readonly url: string;
  /** From 0 on. */
  readonly lineNumber: number;
}

/** A part of a profile: from one time to another, µs on the clock of `process.hrtime`. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

/** What one function has cost by itself, without what it has called. */
export interface FunctionCost {
  readonly name: string;
  /** Where its source is. Empty for what has none: native functions, the garbage collector. */
  readonly url: string;
  /** From 1 on. */
  readonly line: number;
  readonly micros: number;
}

/**
 * The functions that were running in a window, idle time left out. Code that a library has generated counts as its caller's: it has no file of its own.
 * Throws where the window is not within the profile, as on a machine where the clocks are not one.
 */
export function costsWithin(profile: CpuProfile, { from, to }: Window): FunctionCost[] {
  if (from < profile.startTime || to > profile.endTime) throw new Error('The profile does not cover what was measured');
  const frames = framesOf(profile);
  const costs = new Map<string, FunctionCost>();
  for (const [id, micros] of durationsWithin(profile, from, to)) {
    const frame = frames.get(id);
    if (frame === undefined || frame.functionName === '(idle)') continue;
    const { functionName: name, url, lineNumber } = frame;
    const key = `${url}:${lineNumber}:${name}`;
    costs.set(key, { name, url, line: lineNumber + 1, micros: micros + (costs.get(key)?.micros ?? 0) });
  }
  return [...costs.values()];
}

/** How long each node was on top of the stack: from a sample of it to the next sample. */
function durationsWithin(profile: CpuProfile, from: number, to: number): Map<number, number> {
  const durations = new Map<number, number>();
  let time = profile.startTime;
  profile.samples.forEach((id, index) => {
    time += profile.timeDeltas[index] ?? 0;
    const duration = profile.timeDeltas[index + 1] ?? 0;
    if (time >= from && time + duration <= to) durations.set(id, (durations.get(id) ?? 0) + duration);
  });
  return durations;
}

/** The frame that each node counts for. */
function framesOf({ nodes }: CpuProfile): Map<number, CallFrame> {
  const callers = new Map(nodes.flatMap((node) => (node.children ?? []).map((child) => [child, node])));
  return new Map(nodes.map((node) => [node.id, frameOf(node, callers)]));
}

function frameOf({ id, callFrame }: ProfileNode, callers: ReadonlyMap<number, ProfileNode>): CallFrame {
  const caller = callers.get(id);
  const generated = callFrame.url === '' && callFrame.scriptId !== '0';
  return generated && caller !== undefined ? frameOf(caller, callers) : callFrame;
}
