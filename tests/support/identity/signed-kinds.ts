/** Every kind of statement that a home signs, and which suite verifies it by key and by identity: a predicate type that nobody names here fails a test. */
import type { predicateTypes } from '../../../shared/receipt/statement.ts';

type PredicateName = keyof typeof predicateTypes;

/** Made in every home within a test: tests/e2e/cases/identities.ts. */
export const kindsOfEveryHome = {
  receipt: 'run',
  'egress trace': 'egress',
  decision: 'decision',
  'workflow release': 'release',
  'package release': 'release',
  'policy pack release': 'release',
  'disclosure manifest': 'disclosure',
  'rotation statement': 'rotation',
} as const satisfies Record<string, PredicateName>;

/**
 * Made in the embedded home only: tests/e2e/embedded-only.test.ts. Nothing is due for a purge within a test unless its run is made older in the table, which is at hand
 * there only; and what backs up and restores a deployed home is AWS, which signs nothing of ours.
 */
export const kindsOfEmbeddedHome = {
  'deletion manifest': 'deletion',
  backup: 'backup',
  restore: 'restore',
  'restore drill': 'testResult',
} as const satisfies Record<string, PredicateName>;
