import { InvariantError } from '../errors.ts';

/**
 * The canonical JSON of an object out of that of its members, so that what is a text already is not written again. Members stand in their canonical order; undefined ones
 * are left out.
 */
export function canonicalObject(members: Readonly<Record<string, string | undefined>>): string {
  let text = '';
  let previous: string | undefined;
  for (const name in members) {
    const member = members[name];
    if (member === undefined) continue;
    if (previous !== undefined && name < previous) throw new InvariantError(`${name} stands behind ${previous}`);
    text += `${previous === undefined ? '' : ','}${JSON.stringify(name)}:${member}`;
    previous = name;
  }
  return `{${text}}`;
}
