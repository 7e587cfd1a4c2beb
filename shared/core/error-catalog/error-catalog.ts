/**
 * Every error code of the product, once: its HTTP status, its exit code, whether trying again can help, what it is called and how to mend it.
 * `docs/errors/<area>-<reason>.md` is generated from this table.
 */
import { evidenceErrors } from './evidence-errors.ts';
import { homeErrors } from './home-errors.ts';
import { requestErrors } from './request-errors.ts';

export const errorCatalog = { ...requestErrors, ...evidenceErrors, ...homeErrors } as const;

/** A code of the catalog. */
export type ErrorCode = keyof typeof errorCatalog;
