/** What one attack is: what it tries, how far its author has come already, which wall stops it, and how the wall is recognised. */
import type { Resolver } from '../../runner/egress/resolver.ts';
import type { JsonObject } from '../../shared/core/json/canonical-json.ts';
import type { EgressRule } from '../../shared/package/egress.ts';
import type { LogLine, TaskLimits, TaskResult } from '../../shared/port/runner.ts';
import { buildNativeProgram, readNativeResults, type Step } from '../support/native-program.ts';

/** The walls of the sandbox. A case names the outermost that it met, and its evidence is what only that wall answers. */
export type Wall =
  | 'mount namespace'
  | 'read-only mounts'
  | 'process namespace'
  | 'network namespace'
  | 'system call filter'
  | 'no capabilities'
  | 'thread limit'
  | 'data limit'
  | 'file size limit'
  | 'open file limit'
  | 'processor limit'
  | 'size of scratch'
  | 'deadline'
  | 'empty environment'
  | 'Node permissions'
  | 'answer reader'
  | 'log collector'
  | 'egress proxy';

/** What an attack came to. */
export interface Report {
  /** Its code came to its end without an error, so it did what it wanted. */
  reached: boolean;
  /** What it says of it, or the error that ended it. */
  text: string;
  result: TaskResult;
  logs: readonly LogLine[];
  /** What came on the answer descriptor, as it came. */
  answer: string;
}

/** Things on the host that an attack is after. */
export interface Target {
  /** What the attack is told. */
  inputs: JsonObject;
  /** What the task declares, and how names are resolved for it; without it the task has no egress. */
  egress?: { allow: readonly EgressRule[]; resolver: Resolver };
  /** Looks from the host whether something was reached, whatever the attack says of itself. */
  isHit?: (report: Report) => boolean | Promise<boolean>;
  dispose?: () => void | Promise<void>;
}

export interface EscapeCase {
  group: string;
  name: string;
  /**
   * `package`: code of a package, as it is shipped. `node`: code that has got past Node's permissions, so that only the walls around the process are left;
   * native programs run from there.
   */
  from: 'package' | 'node';
  /** Body of an async function; what it may name is in attack-package.ts. To return is to have reached, to throw is to have been stopped. */
  code: string;
  stoppedBy: Wall;
  /** Matches what the attack says, its failure or its log in the sandbox: the answer of that wall and of no other. */
  evidence: RegExp;
  target?: () => Target | Promise<Target>;
  /** Limits of the confined run; without the sandbox nothing but time is limited. */
  limits?: Partial<TaskLimits>;
  /** Reads a native program's results; true when it reached what it should not. */
  nativeReached?: (results: readonly bigint[]) => boolean;
  /** For walls that are in how we read a run, not around it: how a reader without the wall would be taken in by the same run. */
  fools?: (report: Report) => boolean;
  /** Why the attack can do no harm without a sandbox on some machines, so that it proves nothing there. */
  onlyProvenAsRoot?: string;
}

interface NativeAttack extends Pick<EscapeCase, 'group' | 'name' | 'stoppedBy' | 'onlyProvenAsRoot' | 'target'> {
  steps: readonly Step[];
  /** What the kernel answers in the sandbox to the last step. */
  errno: keyof typeof errnos;
}

export const errnos = { EPERM: 1, ESRCH: 3, EAGAIN: 11, ENOMEM: 12, EFBIG: 27, ENOSYS: 38, EPROTONOSUPPORT: 93, EAFNOSUPPORT: 97 } as const;

/** Writes a program to scratch and becomes it. What is printed tells the results, because nobody of ours is left inside to answer. */
export const becomeProgram = `
  const program = path.join(scratch, 'attack');
  fs.writeFileSync(program, Buffer.from(inputs.program, 'base64'), { mode: 0o755 });
  process.execve(program, [program], {});`;

/**
 * An attack by system calls. It has reached the kernel unless the last call ended with the one error that the wall gives: where doing it without a sandbox would
 * harm the machine, its arguments are wrong in a way that the kernel only finds when it carries the call out.
 */
export function nativeAttack({ steps, errno, target, ...fields }: NativeAttack): EscapeCase {
  const program = Buffer.from(buildNativeProgram(steps)).toString('base64');
  return {
    ...fields,
    from: 'node',
    code: becomeProgram,
    evidence: new RegExp(`^last call: -${errnos[errno]}$`, 'm'),
    nativeReached: (results) => results.at(-1) !== BigInt(-errnos[errno]),
    target: async () => {
      const { inputs = {}, ...rest } = (await target?.()) ?? { inputs: {} };
      return { ...rest, inputs: { program, ...inputs } };
    },
  };
}

/** What the results of a native program say, for evidence. */
export function describeNative(logs: readonly LogLine[]): { results: bigint[] | undefined; text: string } {
  const results = readNativeResults(logs.map(({ text }) => text).join('\n'));
  return { results, text: results === undefined ? 'the program printed nothing' : `last call: ${results.at(-1)}` };
}
