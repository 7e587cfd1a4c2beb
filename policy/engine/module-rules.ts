/** What a WebAssembly module of a pack may bring along, told from its bytes and before it runs. */
import type { Issue } from '../../shared/core/issue.ts';

const header = Buffer.from('\0asm\x01\0\0\0', 'latin1');
/** Sections of the binary format (WebAssembly core specification 2.0, 5.5.2). */
const tableSection = 4;
const memorySection = 5;
/** A table of functions, of which `opa build` makes one of about 100; its maximum follows its minimum (5.3.7 to 5.3.9). */
const functions = 0x70;
const withMaximum = 1;
/** An engine makes a table in one piece, and where there is no room for that the whole process ends. */
const tableEntries = 100_000;

/** `opa build` makes about 12; empty ones are two bytes, and millions of them would be read on the thread that serves all tenants. */
const sectionsMax = 1_000;

/** A number in LEB128 and the place after it; throws when it does not end. */
function readNumber(bytes: Uint8Array, from: number): { value: number; next: number } {
  let value = 0;
  for (let at = from; at < from + 5; at++) {
    const byte = bytes[at];
    if (byte === undefined) throw new Error('it ends in the middle of a number');
    value += (byte & 0x7f) * 2 ** (7 * (at - from));
    if (byte < 0x80) return { value, next: at + 1 };
  }
  throw new Error('a number is too long');
}

interface Section {
  id: number;
  /** Where its content begins in the module. */
  start: number;
}

function* sectionsOf(bytes: Uint8Array): Generator<Section> {
  for (let at = header.length; at < bytes.length;) {
    const { value: size, next: start } = readNumber(bytes, at + 1);
    if (start + size > bytes.length) throw new Error('it ends in the middle of a section');
    yield { id: bytes[at] ?? 0, start };
    at = start + size;
  }
}

/** Whether a section of tables has one of functions at most, and that one never has more entries than are allowed. */
function hasSmallTable(bytes: Uint8Array, start: number): boolean {
  const { value: count, next } = readNumber(bytes, start);
  if (count === 0) return true;
  if (count > 1 || bytes[next] !== functions || bytes[next + 1] !== withMaximum) return false;
  const { value: minimum, next: second } = readNumber(bytes, next + 2);
  return Math.max(minimum, readNumber(bytes, second).value) <= tableEntries;
}

function problemOf(wasm: Uint8Array): string | undefined {
  let sections = 0;
  for (const { id, start } of sectionsOf(wasm)) {
    if (++sections > sectionsMax) return `has more sections than the ${sectionsMax} that are allowed`;
    if (id === memorySection) return 'brings a memory of its own, allowed is the one it is given';
    if (id === tableSection && !hasSmallTable(wasm, start)) {
      return `brings tables that may become large, allowed is one of functions with a maximum of ${tableEntries} entries or less`;
    }
  }
  return undefined;
}

function refused(message: string): Issue[] {
  return [{ code: 'module', pointer: '/policy.wasm', message: `The file policy.wasm ${message}.` }];
}

/**
 * Why a module may not be started. Its memory is ours and bounded; a module with one of its own, or with a large table, could take as much as
 * the machine has, and no limit of a heap would see it.
 */
export function moduleIssues(wasm: Uint8Array): Issue[] {
  if (!header.equals(wasm.subarray(0, header.length))) return refused('is no WebAssembly module');
  try {
    const problem = problemOf(wasm);
    return problem === undefined ? [] : refused(problem);
  } catch (error) {
    return refused(`is damaged: ${error instanceof Error ? error.message : String(error)}`);
  }
}
