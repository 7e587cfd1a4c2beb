import { stringify } from 'yaml';

type Fields = Record<string, unknown>;

/** A small valid manifest as a plain value; `overrides` replace whole fields, and `undefined` takes one away. */
export function buildManifest(overrides: Fields = {}): Fields {
  const manifest: Fields = {
    name: 'hello',
    version: '1.0.0',
    inputs: { who: { type: 'string' } },
    tasks: [
      { id: 'greet', uses: 'pkg:demo/echo@1.0.0', with: { message: 'Hello ${{ inputs.who }}' } },
      { id: 'shout', uses: 'pkg:demo/echo@1.0.0', needs: ['greet'], with: { message: '${{ tasks.greet.outputs.message }}' } },
    ],
    ...overrides,
  };
  return Object.fromEntries(Object.entries(manifest).filter(([, value]) => value !== undefined));
}

/** The manifest of buildManifest with one task, which takes these fields. */
export function buildOneTask(fields: Fields = {}): Fields {
  return buildManifest({ tasks: [{ id: 'greet', uses: 'pkg:demo/echo@1.0.0', ...fields }] });
}

/** The text of buildManifest in YAML. */
export function buildManifestText(overrides: Fields = {}): string {
  return stringify(buildManifest(overrides));
}
