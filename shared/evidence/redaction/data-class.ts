/** What is looked for in a pack, by the most sensitive data that the workflow declares. */
import type { Manifest } from '../../manifest/manifest.ts';
import { networkDetectors, personalDetectors, secretDetectors, type Detector } from './detectors.ts';

/** Changes whenever the same text could come out in another form; packs say by which rules they were made. */
export const redactionVersion = 2;

/** The class that rules go by. A manifest that names none may touch anything, so it is treated like a confidential one. */
export type RedactionClass = NonNullable<Manifest['dataClass']> | 'undeclared';

export interface RedactionRules {
  dataClass: RedactionClass;
  detectors: readonly Detector[];
  /** Whether values of fields with telling names (`email`, `birthDate`) go, whatever they look like. */
  hasPersonalFields: boolean;
  /** Whether no text of a log is shown at all, and no words of a task or a person in the receipt: no pattern finds a name, so for personal data only this is certain. */
  isTextWithheld: boolean;
}

const strict = { detectors: [...secretDetectors, ...personalDetectors, ...networkDetectors], hasPersonalFields: true } as const;

const rules: Readonly<Record<RedactionClass, Omit<RedactionRules, 'dataClass'>>> = {
  public: { detectors: secretDetectors, hasPersonalFields: false, isTextWithheld: false },
  internal: { detectors: [...secretDetectors, ...personalDetectors], hasPersonalFields: true, isTextWithheld: false },
  confidential: { ...strict, isTextWithheld: false },
  undeclared: { ...strict, isTextWithheld: false },
  pii: { ...strict, isTextWithheld: true },
};

/** The rules for a workflow. */
export function rulesFor({ dataClass = 'undeclared' }: { dataClass?: RedactionClass | undefined }): RedactionRules {
  return { dataClass, ...rules[dataClass] };
}
