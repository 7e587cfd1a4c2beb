import { checkAnnotations } from './check-annotations.ts';
import { checkBundle } from './check-bundle.ts';
import { checkDifferential } from '../differential/check-differential.ts';
import { checkFlakes } from './check-flakes.ts';
import { checkFormat } from './check-format.ts';
import { checkGoldens } from './check-goldens.ts';
import { checkLint } from './check-lint.ts';
import { checkPages } from './check-pages.ts';
import type { CheckStep } from './check-step.ts';
import { checkTests } from './check-tests.ts';

/** All that a pack has to pass, in the order in which it is reported. */
export const checkSteps: readonly CheckStep[] = [
  checkFormat,
  checkLint,
  checkTests,
  checkGoldens,
  checkDifferential,
  checkAnnotations,
  checkBundle,
  checkPages,
  checkFlakes,
];
