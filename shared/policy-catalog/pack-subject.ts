import type { PackVersionRef } from './pack-store.ts';

/** What a release statement calls a version of a policy pack; the prefix keeps it apart from workflows and packages of the same name. */
export function packSubject({ name, version }: PackVersionRef): string {
  return `policy:${name}@${version}`;
}
