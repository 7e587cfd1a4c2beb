import type { Json } from './canonical-json.ts';

/** The value itself, which nobody can change from now on: for what several readers are given. Only for JSON that was parsed, which ends somewhere. */
export function frozenJson<T extends Json>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const part of Object.values(value)) frozenJson(part);
    Object.freeze(value);
  }
  return value;
}
