import type { Deps } from '../../../shared/port/deps.ts';

/** Runs one invocation of a function; throws what the function threw, or that it died. */
export type Invoke = <T>(name: string, timeoutMs: number, work: (deps: Deps) => Promise<T>) => Promise<T>;
