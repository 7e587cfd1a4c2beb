import { z } from 'zod';
import { Manifest, manifestLimits } from './manifest.ts';

/** Where the schema can be found; editors take it from here or from a running home. */
const schemaId = 'https://maestro-conductor.dev/schemas/manifest.v1.json';

/** A JSON Schema as a plain object. */
export type JsonSchema = Record<string, unknown>;

/**
 * The JSON Schema 2020-12 of manifest v1, generated from the one definition. It says what can be said of single fields; rules between
 * fields (cycles, references, growing versions) are judged by `validateManifest` only.
 */
export function manifestJsonSchema(): JsonSchema {
  const { $schema, $defs, ...rest } = z.toJSONSchema(Manifest, {
    target: 'draft-2020-12',
    io: 'input',
    override: ({ path, jsonSchema }) => {
      // A rule of validateManifest that JSON Schema can express and zod's records can not.
      if (path.at(-2) === 'properties' && path.at(-1) === 'inputs') jsonSchema.maxProperties = manifestLimits.inputs;
    },
  });
  return { $schema, $id: schemaId, title: 'Maestro Conductor workflow manifest v1', ...rest, $defs };
}
