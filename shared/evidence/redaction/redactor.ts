/**
 * The looking and replacing as one piece of work that knows no store, so that a home with several cores can give it to another thread.
 * Loads no library of schemas: with it that thread would take half as much memory again.
 */
import { hash } from 'node:crypto';
import type { Digest } from '../../core/digest.ts';
import { releaseBytes } from '../../core/release-bytes.ts';
import { Commitments, type Opening } from './commitment.ts';
import { rulesFor, type RedactionClass } from './data-class.ts';
import { holdsFreeText } from './holds-free-text.ts';
import { namesAnActor } from './names-an-actor.ts';
import { redactDocument } from './redact-document.ts';
import { redactLog } from './redact-log.ts';

export interface RedactionWork {
  kind: 'log' | 'document';
  dataClass: RedactionClass;
  secret: Uint8Array;
  /** Names the file among those of its run: every file has salts of its own. */
  file: string;
  bytes: Uint8Array<ArrayBuffer>;
}

export interface Redacted {
  bytes: Uint8Array<ArrayBuffer>;
  digest: Digest;
  /** How many values were withheld, by rule. */
  withheld: Record<string, number>;
}

export interface Redactor {
  /** The bytes given may be gone afterwards: they are the redactor's. */
  redact(work: RedactionWork): Promise<Redacted>;
}

/** Does the work here and now. Bytes of which nothing is withheld come back as they are. */
export function redactNow({ kind, dataClass, secret, file, bytes }: RedactionWork, onOpening?: (opening: Opening) => void): Redacted {
  const commitments = new Commitments(secret, file, onOpening);
  const rules = rulesFor({ dataClass });
  const fields = { exempt: namesAnActor, isFreeText: holdsFreeText };
  const made =
    kind === 'log'
      ? redactLog(bytes, rules, commitments)
      : new TextEncoder().encode(redactDocument(Buffer.from(bytes).toString('utf8'), { rules, commitments, ...fields }));
  const withheld = commitments.counts;
  const isWhole = Object.keys(withheld).length === 0;
  // As large as the document, and nobody's: many of them would wait for the collector.
  if (isWhole && made !== bytes) releaseBytes(made);
  const shown = isWhole ? bytes : made;
  return { bytes: shown, digest: `sha256:${hash('sha256', shown, 'hex')}`, withheld };
}
