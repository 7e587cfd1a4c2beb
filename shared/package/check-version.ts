import { coerce, parse } from 'semver';
import type { Issue } from '../core/issue.ts';
import { shownValue } from '../core/text/shown-value.ts';

/** A reference `name@version` stays short enough to type; the sort key of a version stays far below 1,024 bytes, and a cursor with it twice below 2,048. */
const versionCharacters = 64;

/** What keeps a text from being a version under which a package or a workflow is published, as an issue at `/version`; empty for one that is. */
export function checkVersion(version: string): Issue[] {
  if (version.length <= versionCharacters && parse(version)?.version === version) return [];
  const repaired = coerce(version.slice(0, versionCharacters))?.version;
  return [
    {
      code: 'semver',
      pointer: '/version',
      message: `${shownValue(version)} is not a version`,
      got: shownValue(version),
      allowed: `MAJOR.MINOR.PATCH with an optional -prerelease (Semantic Versioning 2.0.0), no leading zeros, at most ${versionCharacters} characters`,
      fix: repaired !== undefined && repaired !== version ? `Did you mean ${repaired}?` : 'Write it as 1.0.0.',
    },
  ];
}
