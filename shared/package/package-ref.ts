import { z } from 'zod';

/** `pkg:<type>/<name>@<version>`; parsed by a purl library. The pattern only says what editors and OpenAPI can check of it. */
export const PackageRef = z
  .string()
  .max(256)
  .regex(/^pkg:[a-z0-9-]+\/.+@.+$/, 'pkg:<type>/<name>@<version>')
  .describe('The package that does the work, such as pkg:file/read@1.0.0');
export type PackageRef = z.infer<typeof PackageRef>;

/** The parts of `pkg:<type>/<name>@<version>`, `<type>/<name>` being the name; undefined when it is not of that form. */
export function splitPackageRef(uses: string): { name: string; version: string } | undefined {
  const [, name, version] = /^pkg:([^@]+)@(.+)$/.exec(uses) ?? [];
  return name === undefined || version === undefined ? undefined : { name, version };
}
