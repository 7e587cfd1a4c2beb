/** What a WebAssembly module of a pack may bring along, told from its bytes and before it runs. */
import type { Issue } from '../../shared/core/issue.ts';

const header = Buffer.from('\0asm\x01\0\0\0', 'latin1');
/** Sections of the binary format (WebAssembly core specification 2.0, 5.5.2). */
const memorySection = 5;

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

function sectionsOf(bytes: Uint8Array): number[] {
  const sections: number[] = [];
  for (let at = header.length; at < bytes.length;) {
    const { value: size, next } = readNumber(bytes, at + 1);
    if (next + size > bytes.length) throw new Error('it ends in the middle of a section');
    sections.push(bytes[at] ?? 0);
    at = next + size;
  }
  return sections;
}

function refused(message: string): Issue[] {
  return [{ code: 'module', pointer: '/policy.wasm', message: `The file policy.wasm ${message}.` }];
}

/**
 * Why a module may not be started. Its memory is ours and bounded; a module with one of its own could take as much as the machine has, and
 * no limit of a worker would see it.
 */
export function moduleIssues(wasm: Uint8Array): Issue[] {
  if (!header.equals(wasm.subarray(0, header.length))) return refused('is no WebAssembly module');
  try {
    return sectionsOf(wasm).includes(memorySection) ? refused('brings a memory of its own, allowed is the one it is given') : [];
  } catch (error) {
    return refused(`is damaged: ${error instanceof Error ? error.message : String(error)}`);
  }
}
