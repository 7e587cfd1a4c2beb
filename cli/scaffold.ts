/**
 * Copies a folder of cli/templates to where the user works. It either writes every file or, when one of them exists already, none.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { McError } from '../shared/core/errors.ts';
import { writeNew } from './write-file.ts';

export type Template = 'init' | 'workflow' | 'service' | 'policy';

/** Means nothing in Markdown, YAML and JSON, so no formatter changes it. */
const placeholder = 'PROJECT_NAME';

/** Answers the files written, relative to the folder. Of `optional` files an existing one is kept instead. */
export function scaffold(template: Template, target: { folder: string; name: string; optional?: readonly string[] }): string[] {
  const { folder, name, optional = [] } = target;
  const source = fileURLToPath(new URL(`./templates/${template}/`, import.meta.url));
  const files = readdirSync(source, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(source.length))
    .filter((file) => !(optional.includes(file) && existsSync(join(folder, file))))
    .toSorted();
  const existing = files.filter((file) => existsSync(join(folder, file)));
  if (existing.length > 0) {
    throw new McError('mc:cli:file-exists', `Nothing was written, because ${folder} already has ${existing.join(', ')}.`);
  }
  for (const file of files) writeNew(join(folder, file), readFileSync(join(source, file), 'utf8').replaceAll(placeholder, name));
  return files;
}
