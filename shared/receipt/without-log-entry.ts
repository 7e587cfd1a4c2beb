import type { Bundle } from './bundle.ts';

/** The bundle as it was before it was logged: for readers, such as cosign 2, that do not know the form of the log entry. */
export function withoutLogEntry(bundle: Bundle): Bundle {
  return { ...bundle, verificationMaterial: { ...bundle.verificationMaterial, tlogEntries: [] } };
}
