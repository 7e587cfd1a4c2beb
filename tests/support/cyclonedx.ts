/** CycloneDX's own JSON schema, strictly: the library ships it, but wants a further package to run it. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Ajv, type ErrorObject } from 'ajv';
import addFormats from 'ajv-formats';

const library = dirname(createRequire(import.meta.url).resolve('@cyclonedx/cyclonedx-library/package.json'));
const schema = (name: string): object =>
  JSON.parse(readFileSync(join(library, 'res', 'schema', `${name}.SNAPSHOT.schema.json`), 'utf8')) as object; // Files of the library.

const isReference = (text: string): boolean => URL.canParse(text, 'https://example.com/') && !/[\s<>"{}|\\^`]/.test(text);

const ajv = new Ajv({
  strict: false,
  allErrors: true,
  schemas: {
    'http://cyclonedx.org/schema/spdx.SNAPSHOT.schema.json': schema('spdx'),
    'http://cyclonedx.org/schema/jsf-0.82.SNAPSHOT.schema.json': schema('jsf-0.82'),
    'http://cyclonedx.org/schema/cryptography-defs.SNAPSHOT.schema.json': schema('cryptography-defs'),
  },
});
addFormats.default(ajv);
ajv.addFormat('iri-reference', isReference);
ajv.addFormat('idn-email', /^[^@\s]+@[^@\s]+$/);
const validate = ajv.compile(schema('bom-1.6'));

/** Every way in which a document is not CycloneDX 1.6. */
export function cyclonedxErrors(document: unknown): readonly ErrorObject[] {
  validate(document);
  return validate.errors ?? [];
}
