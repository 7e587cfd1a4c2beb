/**
 * One policy pack in one WebAssembly instance. The instance is kept between evaluations (the library sets its heap back before each),
 * and thrown away after any failure, because a trap leaves memory that nobody can vouch for.
 */
import { loadPolicy } from '@open-policy-agent/opa-wasm';
import { z } from 'zod';
import { cutText } from '../../shared/core/text/cut-text.ts';
import type { Digest } from '../../shared/core/digest.ts';
import { McError } from '../../shared/core/errors.ts';
import { moreReasons } from '../../shared/decision/more-reasons.ts';
import { RuleEntry, type PackVerdict } from '../../shared/port/policy-engine.ts';
import { calledFunctions, requireKnownCalls } from './host-functions.ts';
import type { PolicyBundle } from './policy-bundle.ts';

const packLimits = {
  /** WebAssembly pages of 64 KiB: 5 are what a small pack starts with, 512 are 32 MiB, ten times the largest module measured. */
  initialPages: 5,
  maximumPages: 512,
  /** Nobody reads more reasons than this. */
  entries: 100,
  /** Findings of one evaluation before they are cut: 500 tasks, a few rules each. */
  findings: 10_000,
  /** Characters of one field of a reason. */
  text: 2_000,
  /** `<pack>.<rule>`; it stands in audit events and metrics too. */
  name: 200,
} as const;

/** A rule may list whatever it was shown, so a text that is too long is cut: without its end it is still a reason, and no verdict would be none. */
function cut(text: string): string {
  return text.length <= packLimits.text ? text : `${cutText(text, packLimits.text - 1)}…`;
}

const name = z.string().min(1).max(packLimits.name);
const text = z.string().min(1).transform(cut);
/** What a rule saw may be the empty text. */
const value = z.string().transform(cut);
const Finding = RuleEntry.omit({ effect: true }).extend({ rule: name, message: text, got: value, allowed: value, solution: text });
type Finding = z.infer<typeof Finding>;
const findings = z.array(Finding).max(packLimits.findings);

/** Rego answers with exactly one result for a document that is defined, and with none for one that is not. */
const ResultSet = z.tuple([z.strictObject({ result: z.strictObject({ deny: findings, warn: findings }) })]);

/** OPA sorts sets its own way; ours is by rule and message, so that equal decisions are equal bytes. */
function sorted(found: readonly Finding[]): Finding[] {
  const key = ({ rule, message }: Finding): string => `${rule}\n${message}`;
  return found.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
}

function shortened(pack: string, entries: RuleEntry[]): RuleEntry[] {
  if (entries.length <= packLimits.entries) return entries;
  const kept = entries.slice(0, packLimits.entries - 1);
  return [...kept, moreReasons(pack, entries.slice(kept.length))];
}

function toVerdict(pack: string, digest: Digest, result: unknown): PackVerdict {
  const [{ result: said }] = ResultSet.parse(result);
  const foreign = [...said.deny, ...said.warn].find(({ rule }) => !rule.startsWith(`${pack}.`));
  if (foreign) throw new Error(`the rule ${foreign.rule} is not one of the pack`);
  const deny = sorted(said.deny).map((finding): RuleEntry => ({ effect: 'deny', ...finding }));
  const warn = sorted(said.warn).map((finding): RuleEntry => ({ effect: 'warn', ...finding }));
  const verdict = deny.length > 0 ? 'deny' : warn.length > 0 ? 'warn' : 'allow';
  return { pack, digest, verdict, entries: shortened(pack, [...deny, ...warn]) };
}

/** The part of the library's policy that we use, with its `any` taken out. */
interface Instance {
  evaluate(input: ArrayBuffer, entrypoint: string): unknown;
}

/** What of a bundle is needed to judge. */
export type RunnableBundle = Pick<PolicyBundle, 'name' | 'digest' | 'entrypoint' | 'data' | 'wasm'>;

async function instantiate(bundle: RunnableBundle): Promise<Instance> {
  const policy = await loadPolicy(bundle.wasm, { initial: packLimits.initialPages, maximum: packLimits.maximumPages });
  requireKnownCalls(calledFunctions(policy));
  policy.setData(bundle.data);
  return policy;
}

function bytesOf(text: string): ArrayBuffer {
  const { buffer, byteOffset, byteLength } = new TextEncoder().encode(text);
  return buffer.slice(byteOffset, byteOffset + byteLength);
}

/**
 * A pack is pure, and its time is read from the clock on the wall: a machine that stood still for a moment (garbage, a neighbour) looks like a slow pack. Such a pack is
 * asked once more; one that is slow is late twice.
 */
function evaluateInTime(evaluate: () => unknown, budgetMs: number, elapsedMs: () => number): unknown {
  let tookMs = 0;
  for (let attempt = 1; attempt <= 2; attempt += 1) {
    const startedMs = elapsedMs();
    const result = evaluate();
    tookMs = elapsedMs() - startedMs;
    if (tookMs <= budgetMs) return result;
  }
  throw new Error(`the evaluation took ${tookMs.toFixed(1)} ms, at most ${budgetMs} ms are allowed`);
}

export class WasmPack {
  readonly name: string;
  readonly digest: Digest;
  readonly #bundle: RunnableBundle;
  #instance: Instance | undefined;

  private constructor(bundle: RunnableBundle, instance: Instance) {
    this.name = bundle.name;
    this.digest = bundle.digest;
    this.#bundle = bundle;
    this.#instance = instance;
  }

  /** Compiles the pack, so that a module which cannot run is found when the program starts and not at the first decision. */
  static async load(bundle: RunnableBundle): Promise<WasmPack> {
    try {
      return new WasmPack(bundle, await instantiate(bundle));
    } catch (cause) {
      const reason = cause instanceof Error ? ` ${cause.message}` : '';
      throw new McError('mc:policy:unavailable', `Policy pack ${bundle.name} (${bundle.digest}) cannot be started.${reason}`, { cause });
    }
  }

  /** What the pack says about the input (JSON). Throws `mc:policy:unavailable` when it says nothing, too late, or nonsense. */
  async judge(input: string, budgetMs: number, elapsedMs: () => number): Promise<PackVerdict> {
    try {
      this.#instance ??= await instantiate(this.#bundle);
    } catch (cause) {
      throw this.#unavailable(cause);
    }
    return this.judgeNow(input, budgetMs, elapsedMs) ?? this.judge(input, budgetMs, elapsedMs);
  }

  /** As judge, and at once; undefined where the pack has to be started first, because it failed before. */
  judgeNow(input: string, budgetMs: number, elapsedMs: () => number): PackVerdict | undefined {
    const instance = this.#instance;
    if (instance === undefined) return undefined;
    // One that fails is not asked again: who knows what is in its memory.
    this.#instance = undefined;
    try {
      const result = evaluateInTime(() => instance.evaluate(bytesOf(input), this.#bundle.entrypoint), budgetMs, elapsedMs);
      const verdict = toVerdict(this.name, this.digest, result);
      this.#instance = instance;
      return verdict;
    } catch (cause) {
      throw this.#unavailable(cause);
    }
  }

  #unavailable(cause: unknown): McError {
    const message = `Policy pack ${this.name} (${this.digest}) gave no usable verdict; nothing was admitted.`;
    return new McError('mc:policy:unavailable', message, { cause });
  }
}
